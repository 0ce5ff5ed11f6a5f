-- scope: public
-- $1 user, $2 role
delete from public.platform_role
where user_id = $1::uuid
    and role = $2
