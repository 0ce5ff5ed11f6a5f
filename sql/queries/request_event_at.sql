-- scope: tenant
-- $1 request, $2 seq of the last event that was seen, $3 kind, $4 data. Fails on request_event_pk when another
-- event came meanwhile: of two answers, or an answer and a cancel, one is second.
insert into {{t}}.request_event (request_id, seq, kind, data)
values ($1::uuid, $2::integer + 1, $3, $4::jsonb)
