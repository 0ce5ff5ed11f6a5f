-- scope: tenant
-- What an interpreter for a skill's published version has to know: $1 skill.
select s.enabled, v.tree_digest, v.runtime || coalesce('+' || v.runtime_digest, ''),
    exists (
        select from jsonb_array_elements(v.manifest -> 'actions') a
        where coalesce(a ->> 'executor', 'python') = 'python')
from {{t}}.skill s
join {{t}}.skill_version v on v.id = s.published_version
where s.name = $1
