-- scope: tenant
-- Texts of version $1, and of version $2 (null: none): {path: text}.
select v.sources, b.sources
from {{t}}.skill_version v
left join {{t}}.skill_version b on b.id = $2::uuid
where v.id = $1::uuid
