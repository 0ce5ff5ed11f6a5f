-- scope: lifecycle
-- A row whose decision could not be written: $1 id, $2 why. Later again; after five times somebody has to look.
select public.subscription_put_off($1::uuid, $2)
