-- The key of a repeated request belongs to the transaction it protects, and to the tenant it is of.
-- Acts on public tables run as the platform's login, which has no right in a tenant's schema.

create function public.idempotency_add(
    p_tenant uuid, p_user uuid, p_route text, p_key text, p_body_hash bytea, p_status smallint,
    p_answer jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema text;
begin
    select schema into strict v_schema from public.tenant where id = p_tenant;
    execute format('insert into %I.idempotency (user_id, route, key, body_hash, status, answer) '
                   'values ($1, $2, $3, $4, $5, $6)', v_schema)
        using p_user, p_route, p_key, p_body_hash, p_status, p_answer;
end
$$;
comment on function public.idempotency_add(uuid, uuid, text, text, bytea, smallint, jsonb) is
    'keep the answer to an Idempotency-Key in the tenant, in the caller''s transaction; fails on idempotency_pk when somebody was first';
grant execute on function public.idempotency_add(uuid, uuid, text, text, bytea, smallint, jsonb)
    to execgov_platform;
