-- scope: public
-- $1 year, $2 country: what is known, newest year first
select null, public.calendar_json(y.code, y.year)
from public.business_calendar_year y
where ($1::integer is null or y.year = $1::integer)
    and ($2::text is null or y.code = $2)
order by y.year desc, y.code
