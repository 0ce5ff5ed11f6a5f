-- scope: tenant
insert into {{t}}.request (id, text, mode, source, options, language, created_by)
values ($1::uuid, $2, $3, $4, $5::jsonb, $6, $7::uuid)
