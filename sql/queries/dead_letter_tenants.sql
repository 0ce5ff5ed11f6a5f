-- scope: public
-- Where dead letters lie: $1 only this tenant (whether or not it is known to have some), $2 how many,
-- $3 behind which (null: from the first).
select t.schema, t.stripe, t.id, t.name
from public.tenant t
where t.state <> 'terminated'
    and case
        when $1::uuid is not null then t.id = $1::uuid
        else t.id in (select d.tenant_id from public.dead_letter_tenant d)
    end
    and ($3::uuid is null or t.id < $3::uuid)
order by t.id desc
limit $2::integer
