-- scope: egress
-- Call $1 has ended.
delete from public.http_call_open o
where o.id = $1::uuid
