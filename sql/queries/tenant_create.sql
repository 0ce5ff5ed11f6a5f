-- scope: public
-- $1 id, $2 name, $3 kind, $4 time zone, $5 locale, $6 owner (null: none yet); null zone and locale: the
-- installation's
select c.schema, c.stripe
from public.tenant_create($1::uuid, $2, $3,
    coalesce($4, (select s.value #>> '{}' from public.platform_setting s where s.key = 'timezone')),
    coalesce($5, (select s.value #>> '{}' from public.platform_setting s where s.key = 'locale')),
    $6::uuid) c
