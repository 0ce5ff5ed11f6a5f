-- scope: egress
-- Networks that are open for a purpose: $1
select text(o.network)
from public.open_network o
where o.purpose = $1
limit 32
