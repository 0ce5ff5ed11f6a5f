-- scope: egress
-- Publish the public half of a master key: $1 id, $2 key
insert into public.egress_key (id, public_key)
values ($1, $2::bytea)
on conflict on constraint egress_key_pk do nothing
