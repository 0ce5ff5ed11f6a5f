-- scope: public
-- $1 tenant, $2 user, $3 role; somebody who is a member keeps what he is
insert into public.membership (tenant_id, user_id, role)
values ($1::uuid, $2::uuid, $3)
on conflict on constraint membership_pk do nothing
