-- scope: public
-- $1 before this id, $2 how many, $3 part of the name, $4 only this one
select r.id, public.http_resource_json(r.id), r.revision, r.definition, r.name,
    (select c.name from public.credential c where c.id = r.credential_id)
from public.http_resource r
where ($1::uuid is null or r.id < $1::uuid)
    and ($3::text is null or strpos(r.name, lower($3)) > 0)
    and ($4::uuid is null or r.id = $4::uuid)
order by r.id desc
limit $2::integer
