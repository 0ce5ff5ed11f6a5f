-- scope: tenant
-- Was this content (digest $2) uploaded for skill $1 before? A refused one may come again, for
-- the check may have learned, and so may one that was withdrawn.
select v.number, v.id
from {{t}}.skill s
join {{t}}.skill_version v on v.skill_id = s.id
where s.name = $1
    and v.digest = $2
    and v.state not in ('refused', 'yanked')
order by v.number desc
limit 1
