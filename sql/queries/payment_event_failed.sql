-- scope: lifecycle
-- $1 provider, $2 event, $3 why: tried again later; after five times somebody is told
select public.payment_event_failed($1, $2, $3)
