-- scope: public
-- A test message on each channel of a person: $1 user, $2 tenant, $3 key, $4 payload
select public.person_notify($1::uuid, $2::uuid, $3, 'channel.test', $4::jsonb, true, null)
