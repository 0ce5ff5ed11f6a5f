-- scope: tenant
insert into {{t}}.file (id, kind, name, size, sha256, media_type, job_id, created_by)
values ($1::uuid, $2, $3, $4::bigint, $5, $6, $7::uuid, $8::uuid)
