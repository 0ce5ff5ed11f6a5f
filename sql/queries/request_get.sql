-- scope: tenant
select id, text, mode, source, options, language, created_by, created_at
from {{t}}.request
where id = $1::uuid
