-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 state (null: any), $4 requester (null: everybody), $5 session
select c.id,
    {{t}}.confirmation_view_{{t}}(c, $5::bytea),
    p.body
from {{t}}.confirmation c
join {{t}}.plan p on p.id = c.plan_id
where c.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    and ($3::text is null or c.state = $3::text)
    and ($4::uuid is null
        or c.requester = $4::uuid
        or {{t}}.confirmation_may_decide_{{t}}(c.id, $5::bytea))
order by c.id desc
limit $2::integer
