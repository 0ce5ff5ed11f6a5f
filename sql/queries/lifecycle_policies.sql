-- scope: public
-- The newest version of each policy
select distinct on (p.code) p.code, array_to_string(p.before_days, ' '), p.prefill_days, p.send_from, p.send_to,
    p.shutdown_on_workday, p.calendar
from public.lifecycle_policy p
order by p.code, p.ver desc
