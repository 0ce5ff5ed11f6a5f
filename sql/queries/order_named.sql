-- scope: public
-- $1 an order's number, as it stands on a transfer
select o.id
from public.orders o
where o.no = $1
