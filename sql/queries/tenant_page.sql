-- scope: public
-- $1 before this id, $2 how many, $3 part of the name, $4 state, $5 only this one
select t.id, public.tenant_json(t.id)
from public.tenant t
where ($1::uuid is null or t.id < $1::uuid)
    and ($3::text is null or strpos(lower(t.name), lower($3)) > 0)
    and ($4::text is null or t.state = $4)
    and ($5::uuid is null or t.id = $5::uuid)
order by t.id desc
limit $2::integer
