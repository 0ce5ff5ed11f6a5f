-- How long what a tenant leaves behind is kept, and the one function that deletes it. A tenant's role may not delete
-- requests, jobs, outcomes and logs; the platform's login may only by this function, which works the ages out for
-- itself. The audit is not touched.

create table public.retention (
    tenant_id uuid constraint retention_pk primary key
        constraint retention_tenant_exists references public.tenant,
    due_at timestamptz not null default now()
);
create index retention_due on public.retention (due_at);
comment on table public.retention is 'when a tenant''s oldest rows will be old enough to be deleted';
grant select, insert, update on public.retention to execgov_platform;

insert into public.platform_setting (key, value)
values ('retention', '{"request_days": 365, "log_days": 90, "file_days": 90}');

create view public.my_retention_default with (security_barrier) as
select (s.value ->> 'request_days')::integer as request_days,
       (s.value ->> 'log_days')::integer as log_days,
       (s.value ->> 'file_days')::integer as file_days
from public.tenant t
join public.platform_setting s on s.key = 'retention'
where t.schema = current_user::text collate "default";
comment on view public.my_retention_default is
    'days that the asking tenant''s requests, logs and files are kept where it says nothing itself';
grant select on public.my_retention_default to public;

-- UUIDv7 begins with its moment: an age is a range of the primary key.
create function public.uuid_before(p_at timestamptz) returns uuid
    language sql immutable
    set search_path = pg_catalog, pg_temp
return (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
comment on function public.uuid_before(timestamptz) is 'no UUIDv7 made at or after this moment is smaller';

create function public.uuid_made_at(p_id uuid) returns timestamptz
    language sql immutable
    set search_path = pg_catalog, pg_temp
return to_timestamp(('x' || lpad(left(replace(p_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0);
comment on function public.uuid_made_at(uuid) is 'the moment in a UUIDv7';

create function public.retention_sweep(
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
              and not exists (select from %1$I.job_live v where v.job_id = l.job_id)
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
              and not exists (select from %1$I.job_live v where v.job_id = j.id)
              and not exists (select from %1$I.job_live v where v.job_id = j.request_id)
              and not exists (
                  select
                  from %1$I.job k
                  join %1$I.job_live v on v.job_id = k.id
                  where k.request_id = j.request_id and k.request_id <> k.id)
              and not exists (
                  select from %1$I.confirmation c
                  where c.request_id = j.request_id and c.state = ''waiting'')
              and not exists (
                  select from %1$I.effect e
                  where e.job_id = j.id and e.state in (''started'', ''unknown''))
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
              and not exists (select from %1$I.job j where j.request_id = r.id and j.request_id <> j.id)
              and not exists (select from %1$I.job j where j.id = r.id)
              and not exists (
                  select from %1$I.confirmation c where c.request_id = r.id and c.state = ''waiting'')
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
        delete from %1$I.idempotency i
        where (i.user_id, i.route, i.key) in (
            select k.user_id, k.route, k.key
            from %1$I.idempotency k
            where k.created_at < now() - interval ''24 hours''
            limit $1)', t)
    using p_limit;
    get diagnostics v_count = row_count;
    others := greatest(others, v_count);
end
$$;
comment on function public.retention_sweep(uuid, integer) is
    'delete up to p_limit of each kind of what a tenant''s settings say is old and is over; a count equal to p_limit: call again. file_days: how long files are kept, whose bytes are for a worker to delete';
grant execute on function public.retention_sweep(uuid, integer) to execgov_platform;

create function public.retention_next(p_tenant uuid) returns timestamptz
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    t text;
    v_days jsonb;
    v_next timestamptz;
begin
    select n.schema into strict t from public.tenant n where n.id = p_tenant;
    execute format('select value from %I.setting where key = ''retention''', t) into v_days;
    select s.value || jsonb_strip_nulls(coalesce(v_days, '{}')) into v_days
    from public.platform_setting s
    where s.key = 'retention';
    -- Of each kind the oldest row says when the first will be old enough; where there is none, one made now.
    execute format('
        select least(
            public.uuid_made_at(coalesce((select x.id from %1$I.job x order by x.id limit 1), $1))
                + make_interval(days => ($2 ->> ''request_days'')::integer),
            public.uuid_made_at(coalesce((select x.job_id from %1$I.run_log x order by x.job_id limit 1), $1))
                + make_interval(days => ($2 ->> ''log_days'')::integer),
            public.uuid_made_at(coalesce((
                select x.id from %1$I.file x
                where x.deleted_at is null and x.kind <> ''package'' order by x.id limit 1), $1))
                + make_interval(days => ($2 ->> ''file_days'')::integer),
            case when exists (select from %1$I.idempotency) then now() + interval ''1 day'' end)', t)
    using public.uuid_before(now()), v_days into v_next;
    return greatest(v_next, now() + interval '1 day');
end
$$;
comment on function public.retention_next(uuid) is
    'when it is worth looking at a tenant again: a day from now at the earliest, so an idle tenant costs a look in months';
grant execute on function public.retention_next(uuid) to execgov_platform;
