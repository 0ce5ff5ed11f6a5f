-- scope: public
-- The key to seal to.
select k.id, k.public_key
from public.egress_key k
where k.id = public.egress_key_current()
