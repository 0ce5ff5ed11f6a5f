-- scope: public
-- Channels by name: $1 only this one
select c.name, public.channel_json(c.name), c.revision, c.kind
from public.channel c
where $1::text is null or c.name = $1
order by c.name
limit 200
