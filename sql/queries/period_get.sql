-- scope: public
-- $1 the month's first day
select null, public.period_json($1::date, true)
