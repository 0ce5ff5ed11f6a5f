-- scope: lifecycle
-- How many subscriptions are live; asked only where very many would be shut down.
select count(*)
from public.subscription s
where s.state in ('active', 'grace')
