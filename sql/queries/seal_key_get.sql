-- scope: tenant
-- The key to seal to; no row: none was published.
select k.id, k.public_key
from public.my_seal_key k
