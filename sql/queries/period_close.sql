-- scope: public
-- $1 the month's first day, $2 checks that are accepted, $3 comment, $4 who
select null, public.period_close($1::date, $2::text[], $3, $4::uuid)
