-- scope: migrate
-- $1 how many at least. Also brings the settings of those that are there up to date.
select count(public.stripe_make(n::integer))
from generate_series(0, greatest($1::integer - 1, (select max(stripe) from public.stripe))) n
