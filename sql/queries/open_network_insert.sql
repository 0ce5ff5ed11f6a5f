-- scope: public
-- $1 id, $2 purpose, $3 network, $4 why, $5 user
insert into public.open_network (id, purpose, network, comment, created_by)
values ($1::uuid, $2, $3::cidr, $4, $5::uuid)
