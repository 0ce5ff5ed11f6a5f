-- scope: egress
-- May call $2 of resource $1 be made now, by limits over all tenants ($3 a minute, $4 at once; 0: none)? It is under way
-- for $5 ms at most.
select public.http_turn_take($1::uuid, $2::uuid, $3::integer, $4::integer, $5::bigint)
