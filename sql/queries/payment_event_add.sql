-- scope: public
-- $1 provider, $2 event's id, $3 the bytes as they came, $4 their sha256, $5 what it says: new, seen (told before: no
-- effect), changed (the same id with other bytes: kept as a task)
select public.payment_event_add($1, $2, $3::bytea, $4, $5::jsonb)
