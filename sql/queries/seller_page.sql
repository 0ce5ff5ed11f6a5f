-- scope: public
-- Who sells. $1 null, $2 how many
-- scan seller: entities that sell are few
select null, public.seller_json(s.code)
from public.seller s
order by s.sells desc, s.code
limit coalesce($2::integer, 1000) + coalesce($1::integer, 0)
