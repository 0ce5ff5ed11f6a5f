-- scope: public
-- $1 id, $2 kind, $3 name, $4 user, $5 time zone, $6 locale, $7 note
insert into public.customer (id, kind, name, user_id, tz, locale, note)
values ($1::uuid, $2, $3, $4::uuid, coalesce($5, 'Asia/Shanghai'), coalesce($6, 'zh-CN'), $7)
on conflict (user_id) do nothing
