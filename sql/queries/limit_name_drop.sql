-- scope: public
delete from public.queue_limit
where tenant_id = $1::uuid
    and name = $2
