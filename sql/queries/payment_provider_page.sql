-- scope: public
-- $1 only this one
select p.code, public.payment_provider_json(p.code)
from public.payment_provider p
where $1::text is null or p.code = $1
order by p.code
