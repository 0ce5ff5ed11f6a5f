-- Words that no skill served are kept as long as the request they were last asked with. What was approved stays: it
-- says which action of its skill an example means (sql/queries/intent_load.sql).

create function public.retention_sweep_unmet(p_tenant uuid, p_limit integer) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    t text;
    v_days integer;
    v_count integer;
begin
    select n.schema into strict t from public.tenant n where n.id = p_tenant;
    execute format('select (value ->> ''request_days'')::integer from %I.setting where key = ''retention''', t) into v_days;
    if v_days is null then
        select (s.value ->> 'request_days')::integer into v_days from public.platform_setting s where s.key = 'retention';
    end if;
    execute format('
        with old as (
            select u.id
            from %1$I.unmet u
            where u.state <> ''approved''
              and u.last_at < now() - make_interval(days => $1)
            limit $2)
        delete from %1$I.unmet u using old o where u.id = o.id', t)
    using greatest(v_days, 1), p_limit;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
comment on function public.retention_sweep_unmet(uuid, integer) is
    'delete up to p_limit of the tenant''s unmet words that nobody used within its request_days; a count equal to p_limit: call again';
grant execute on function public.retention_sweep_unmet(uuid, integer) to execgov_platform;
