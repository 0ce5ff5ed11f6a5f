-- scope: tenant
select {{t}}.request_event_add($1::uuid, $2, $3::jsonb)
