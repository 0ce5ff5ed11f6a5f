-- scope: public
-- $1 subscriptions: whose each is
select s.id, c.name
from public.subscription s
join public.customer c on c.id = s.customer_id
where s.id = any ($1::uuid[])
