-- scope: public
-- $1 before this id, $2 how many, $3 part of the name, $4 only this one
select c.id, public.credential_json(c.id), c.tenant_id, c.version
from public.credential c
where ($1::uuid is null or c.id < $1::uuid)
    and ($3::text is null or strpos(c.name, lower($3)) > 0)
    and ($4::uuid is null or c.id = $4::uuid)
order by c.id desc
limit $2::integer
