-- scope: public
-- $1 user, $2 role
insert into public.platform_role (user_id, role)
values ($1::uuid, $2)
on conflict on constraint platform_role_pk do nothing
