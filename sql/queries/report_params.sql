-- scope: public
-- What a report is of where nothing else was said. $1 from, $2 to, $3 as of (days), $4 zone, $5 true: it looks ahead
select z.zone, a.first, a.last, coalesce($3::date, d.today), a.last < a.first or a.last - a.first > 3660
from (select coalesce($4::text, public.platform_zone()) as zone) z
cross join lateral (select (public.lifecycle_now() at time zone z.zone)::date as today) d
cross join lateral (
    select coalesce($1::date, case when $5::boolean then d.today else date_trunc('month', coalesce($2::date, d.today)::timestamp)::date end)
        as first) f
cross join lateral (
    select f.first, coalesce($2::date, case when $5::boolean then f.first + 30 else greatest(f.first, d.today) end) as last) a
