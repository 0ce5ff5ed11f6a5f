-- scope: egress
-- Networks that are open for a purpose: $1
-- scan: a handful of rows
select text(o.network)
from public.open_network o
where o.purpose = $1
limit 32
