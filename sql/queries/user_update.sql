-- scope: public
-- $1 user, $2 name, $3 locale, $4 time zone; null: stays
update public.app_user
set name = coalesce($2, name),
    locale = coalesce($3, locale),
    timezone = coalesce($4, timezone),
    revision = revision + 1
where id = $1::uuid
