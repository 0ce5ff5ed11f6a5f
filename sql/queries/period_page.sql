-- scope: public
-- $1 before this month, $2 how many: months with postings, newest first
select to_char(g.month, 'YYYY-MM'), public.period_json(g.month::date, false)
from (select min(t.posted_on) as first from public.ledger_txn t) f
cross join lateral generate_series(date_trunc('month', f.first::timestamp),
    (public.lifecycle_now() at time zone public.platform_zone())::timestamp, interval '1 month') as g (month)
where $1::date is null
    or g.month < $1::date
order by g.month desc
limit $2::integer
