-- scope: public
-- $1 calendar: its days since 1970, in order
select c.day - date '1970-01-01', c.is_workday
from public.business_calendar c
where c.code = $1
order by c.day
