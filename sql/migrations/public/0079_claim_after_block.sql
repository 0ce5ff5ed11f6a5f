-- I6 as rows show it: no claim's transaction begins once the shutdown is committed. A claim is an audit row of its tenant, whose
-- moment is that at which its transaction began; a block's is that of its own transaction. Both are the database's clock, not the
-- test clock that subscriptions are reckoned by.

create function public.claims_after_block(p_days integer) returns table (subject text, detail text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    b record;
    c record;
begin
    for b in
        -- When a block was committed for certain: its scan wrote down that it had ended, or no statement of ours can have
        -- taken so long. A claim that began a moment before the release may have looked after it.
        select k.tenant_id, t.schema, k.source, k.reason_code,
            greatest(least(min(r.finished_at), k.from_at + interval '5 minutes'), now() - make_interval(days => p_days)) as since,
            coalesce(k.released_at - interval '1 minute', 'infinity') as until
        from public.tenant_block k
        join public.tenant t on t.id = k.tenant_id
        left join public.platform_audit a on a.tenant_id = k.tenant_id
            and a.at = k.from_at
            and a.at > now() - make_interval(days => p_days + 1)
            and a.kind = 'money'
            and a.detail ? 'run'
        left join public.scan_run r on r.id = (a.detail ->> 'run')::uuid
        where k.level >= 2
            and coalesce(k.released_at, 'infinity') > now() - make_interval(days => p_days)
        group by k.id, t.schema
        order by k.tenant_id, k.id
    loop
        continue when b.since >= b.until or to_regclass(format('%I.audit_event', b.schema)) is null;
        execute format('select count(*) as claims, min(e.at) as first_at, (array_agg(e.subject order by e.at))[1] as first '
                       'from %I.audit_event e where e.action = ''job.claimed'' and e.at > $1 and e.at < $2', b.schema)
            into c using b.since, b.until;
        if c.claims > 0 then
            subject := 'tenant ' || b.tenant_id;
            detail := format('%s claims began after its block (%s, %s) was committed, the first at %s: job %s', c.claims, b.source,
                b.reason_code, public.utc_text(c.first_at), c.first);
            return next;
        end if;
    end loop;
end
$$;
comment on function public.claims_after_block(integer) is
    'claims of the last days by tenants that had no right to run, a row for each block; reads each blocked tenant''s audit of the time';
grant execute on function public.claims_after_block(integer) to execgov_platform, execgov_lifecycle;
