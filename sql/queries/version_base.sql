-- scope: tenant
-- What version $2 of skill $1 is compared with: number $3, else the one published before it.
select v.number, v.files, v.id, v.uploaded_by
from {{t}}.skill_version v
where v.skill_id = $1::uuid
    and (v.number = $3::integer
        or ($3::integer is null and v.number < $2::integer and v.published_at is not null))
order by v.number desc
limit 1
