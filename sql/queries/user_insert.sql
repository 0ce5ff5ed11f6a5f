-- scope: public
-- $1 id, $2 e-mail, $3 name, $4 password hash, $5 locale, $6 time zone
insert into public.app_user (id, email, name, password_hash, locale, timezone)
values ($1::uuid, lower($2), $3, $4, $5, $6)
