-- scope: lifecycle
-- $1 at most so many; how many were looked at
select public.invoice_number($1::integer)
