-- scope: lifecycle
-- $1 provider, $2 event, $3 what became of it
select public.payment_event_end($1, $2, $3)
