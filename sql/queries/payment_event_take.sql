-- scope: lifecycle
-- $1 provider, $2 event: does what the database does alone; {do: settle, order, payment…} is left to the caller
select public.payment_event_take($1, $2)
