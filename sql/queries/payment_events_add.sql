-- scope: public
-- What providers told, many at once: $1 providers, $2 events' ids, $3 the bytes as they came, in hex, $4 their sha256, $5 what they
-- say. A row each, in this order: new, seen (told before: no effect), changed (the same id with other bytes: kept as a task)
select public.payment_event_add(n.provider, n.event, decode(n.raw, 'hex'), n.sha256, n.says)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) with ordinality
    as n (provider, event, raw, sha256, says, place)
order by n.place
