-- As before, but what a row has to be without is looked up for that row, in an index: as an anti-join it could be read
-- whole for every batch (every effect there is, to find that hardly any is unknown), and so could the keys of a day.
create or replace function public.retention_sweep(
    p_tenant uuid, p_limit integer,
    out logs integer, out jobs integer, out requests integer, out others integer, out file_days integer)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    t text;
    v_days jsonb;
    v_old uuid;      -- ids before it are older than requests are kept
    v_old_log uuid;
    v_at timestamptz;
    v_ids uuid[];
    v_count integer;
begin
    select n.schema into strict t from public.tenant n where n.id = p_tenant;
    execute format('select value from %I.setting where key = ''retention''', t) into v_days;
    select s.value || jsonb_strip_nulls(coalesce(v_days, '{}')) into v_days
    from public.platform_setting s
    where s.key = 'retention';
    file_days := greatest((v_days ->> 'file_days')::integer, 1);
    v_at := now() - make_interval(days => greatest((v_days ->> 'request_days')::integer, 1));
    v_old := public.uuid_before(v_at);
    v_old_log := greatest(v_old, public.uuid_before(
        now() - make_interval(days => greatest((v_days ->> 'log_days')::integer, 1))));

    execute format('
        with old as (
            select l.job_id, l.seq
            from %1$I.run_log l
            where l.job_id < $1
              and (select true from %1$I.job_live v where v.job_id = l.job_id) is null
            order by l.job_id, l.seq
            limit $2)
        delete from %1$I.run_log l using old o where l.job_id = o.job_id and l.seq = o.seq', t)
    using v_old_log, p_limit;
    get diagnostics logs = row_count;

    -- Jobs whose request is over: nothing of it lives, waits for a person, or may have had an effect that nobody
    -- knows the end of.
    execute format('
        select array(
            select j.id
            from %1$I.job j
            where j.id < $1
              and (select true from %1$I.job_live v where v.job_id = j.id) is null
              and (select true from %1$I.job_live v where v.job_id = j.request_id) is null
              and (
                  select true
                  from %1$I.job k
                  join %1$I.job_live v on v.job_id = k.id
                  where k.request_id = j.request_id and k.request_id <> k.id
                  limit 1) is null
              and (
                  select true from %1$I.confirmation c
                  where c.request_id = j.request_id and c.state = ''waiting''
                  limit 1) is null
              and (
                  select true from %1$I.effect e
                  where e.job_id = j.id and e.state in (''started'', ''unknown'')
                  limit 1) is null
            order by j.id
            limit $2)', t)
    using v_old, p_limit into v_ids;
    jobs := coalesce(array_length(v_ids, 1), 0);
    execute format('delete from %I.run_log where job_id = any ($1)', t) using v_ids;
    execute format('delete from %I.effect where job_id = any ($1)', t) using v_ids;
    execute format('delete from %I.job_outcome where job_id = any ($1)', t) using v_ids;
    execute format('delete from %I.job where id = any ($1)', t) using v_ids;
    -- A low-risk run by hand has no row in request.
    execute format('
        delete from %1$I.request_event e
        where e.request_id = any ($1)
          and not exists (select from %1$I.request r where r.id = e.request_id)', t) using v_ids;
    execute format('
        delete from %1$I.delivery d
        where d.subject = any ($1)
          and d.next_at is null
          and not exists (select from %1$I.request r where r.id = d.subject)', t) using v_ids;

    execute format('
        select array(
            select r.id
            from %1$I.request r
            where r.id < $1
              and (
                  select true from %1$I.job j
                  where j.request_id = r.id and j.request_id <> j.id
                  limit 1) is null
              and (select true from %1$I.job j where j.id = r.id) is null
              and (
                  select true from %1$I.confirmation c
                  where c.request_id = r.id and c.state = ''waiting''
                  limit 1) is null
            order by r.id
            limit $2)', t)
    using v_old, p_limit into v_ids;
    requests := coalesce(array_length(v_ids, 1), 0);
    execute format('delete from %I.request_event where request_id = any ($1)', t) using v_ids;
    execute format('delete from %I.confirmation where request_id = any ($1)', t) using v_ids;
    execute format('delete from %I.plan where request_id = any ($1)', t) using v_ids;
    execute format('delete from %I.delivery where subject = any ($1) and next_at is null', t) using v_ids;
    execute format('delete from %I.request where id = any ($1)', t) using v_ids;

    execute format('
        with old as (
            select f.schedule_id, f.fire_at
            from %1$I.schedule s
            join %1$I.schedule_firing f on f.schedule_id = s.id and f.fire_at < $1 and f.state <> ''asked''
            limit $2)
        delete from %1$I.schedule_firing f
        using old o
        where f.schedule_id = o.schedule_id and f.fire_at = o.fire_at', t)
    using v_at, p_limit;
    get diagnostics others = row_count;
    execute format('
        with old as (
            select f.id
            from %1$I.file f
            where f.id < $1
              and f.deleted_at is not null
              and f.kind <> ''package''
            order by f.id
            limit $2)
        delete from %1$I.file f using old o where f.id = o.id', t)
    using v_old, p_limit;
    get diagnostics v_count = row_count;
    others := greatest(others, v_count);
    execute format('
        with old as (
            select k.user_id, k.route, k.key
            from %1$I.idempotency k
            where k.created_at < now() - interval ''24 hours''
            limit $1)
        delete from %1$I.idempotency i
        using old o
        where i.user_id = o.user_id and i.route = o.route and i.key = o.key', t)
    using p_limit;
    get diagnostics v_count = row_count;
    others := greatest(others, v_count);
end
$$;
