-- scope: public
-- One message in the transaction of what it tells: $1 key, $2 event, $3 channel, $4 endpoint, $5 tenant, $6 user,
-- $7 locale, $8 payload, $9 not before (null: now), $10 until
select public.outbox_add($1, $2, $3, $4, $5::uuid, null, $6::uuid, $7, $8::jsonb, null, $9::timestamptz,
    $10::timestamptz)
