-- scope: public
-- $1 the month's first day, $2 why, $3 who asked, $4 approval, $5 its digest
select null, public.period_reopen($1::date, $2, $3::uuid, $4::uuid, $5)
