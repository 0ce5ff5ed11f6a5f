-- scope: tenant
select {{t}}.request_event_add_{{t}}($1::uuid, $2, $3::jsonb)
