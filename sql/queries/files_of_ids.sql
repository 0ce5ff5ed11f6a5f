-- scope: tenant
select id, name, media_type
from {{t}}.file
where id = any ($1::uuid[])
    and kind in ('upload', 'artifact')
    and deleted_at is null
