-- scope: public
-- $1 as of (us; null: now): calendars in use that are not known for a year
select g.country, g.year
from public.calendar_missing(coalesce(timestamptz 'epoch' + $1::bigint * interval '1 microsecond', public.lifecycle_now())) g
