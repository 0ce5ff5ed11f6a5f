-- scope: egress
-- $1 tenant, $2 resource, $3 job, $4 operation, $5 method, $6 path, $7 status, $8 code, $9 ms, $10 bytes
insert into public.http_call (tenant_id, resource, job_id, operation, method, path, status, code, ms, answer_bytes)
values ($1::uuid, $2, $3::uuid, $4, $5, $6, $7::integer, $8, $9::integer, $10::bigint)
