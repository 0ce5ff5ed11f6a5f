-- scope: public
-- $1 tenant, $2 name, $3 time zone, $4 locale; null: stays
update public.tenant
set name = coalesce($2, name),
    timezone = coalesce($3, timezone),
    locale = coalesce($4, locale),
    revision = revision + 1
where id = $1::uuid
