-- What a person of finance is told every morning at nine, on quiet days too: one row a person and local day is
-- what makes it once, however many processes look.

create table public.finance_digest (
    user_id uuid not null constraint finance_digest_user_exists references public.app_user,
    day date not null,
    at timestamptz not null,
    messages smallint not null,
    constraint finance_digest_pk primary key (user_id, day)
);
comment on table public.finance_digest is 'mornings that were told; the day is the person''s own';
comment on column public.finance_digest.messages is 'on how many channels; 0: the person wants none';
grant select on public.finance_digest to execgov_platform, execgov_lifecycle;

-- What people of the vendor did by hand about an order. A renewal that was paid by itself has none.
create function public.order_touches(p_order uuid) returns table (act text, at timestamptz, actor uuid)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with o as (
        select x.id, x.created_at, x.subscription_id, c.user_id, s.tenant_id,
            (select min(e.at) from public.order_event e where e.order_id = x.id and e.to_state = 'paid') as paid_at
        from public.orders x
        join public.customer c on c.id = x.customer_id
        left join public.subscription s on s.id = x.subscription_id
        where x.id = p_order
    ), acts (act, at, actor) as (
        select 'order.' || e.event, e.at, e.actor
        from o
        join public.order_event e on e.order_id = o.id
        where e.actor is not null
            and e.event not in ('activating', 'activated')
        union all
        select 'hold.' || h.kind, h.created_at, h.actor
        from o
        join public.hold h on h.subscription_id = o.subscription_id
        where h.actor is not null
            and h.kind <> 'payment_reported'
            and h.created_at >= o.created_at
            and h.created_at <= coalesce(o.paid_at, 'infinity')
        union all
        select 'task.' || f.kind, f.done_at, f.done_by
        from o
        join public.finance_task f on f.order_id = o.id
        where f.done_by is not null
            and f.outcome not in ('paid', 'applied', 'matched', 'came')
        union all
        select 'approval.' || r.action, v.at, v.voter
        from o
        join public.approval_request r on r.params ->> 'order' = o.id::text
        join public.approval_vote v on v.request_id = r.id
        where r.action in ('payment.confirm', 'payment.apply')
    )
    select a.act, a.at, a.actor
    from acts a
    cross join o
    where a.actor is distinct from o.user_id
        and not exists (select from public.membership m where m.tenant_id = o.tenant_id and m.user_id = a.actor)
    order by a.at, a.act;
end;
comment on function public.order_touches(uuid) is
    'acts of the vendor''s people about an order: events, holds, tasks and votes; what the customer''s own people did is none';
grant execute on function public.order_touches(uuid) to execgov_platform, execgov_lifecycle;
create index finance_task_customer on public.finance_task (customer_id) where customer_id is not null;
create index approval_request_order on public.approval_request ((params ->> 'order'));
create index finance_task_order on public.finance_task (order_id) where order_id is not null;
create index lifecycle_action_as_of on public.lifecycle_action using brin (as_of);
create index order_event_at on public.order_event using brin (at);
create index payment_recorded on public.payment using brin (recorded_at);

-- Of one local day in a zone: what happened on the day before, what comes, and what waits.
create function public.finance_digest_make(p_day date, p_zone text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with t as (
        select (p_day - 1)::timestamp at time zone p_zone as y0, p_day::timestamp at time zone p_zone as d0,
            (p_day + 1)::timestamp at time zone p_zone as d1, (p_day + 2)::timestamp at time zone p_zone as d2,
            (p_day + 7)::timestamp at time zone p_zone as d7, (p_day - 30)::timestamp at time zone p_zone as m0,
            public.lifecycle_now() as at
    ), acts as (
        select count(*) filter (where a.action = 'remind' and a.status = 'done') as reminders,
            count(*) filter (where a.action = 'grace' and a.status = 'done') as graces,
            count(*) filter (where a.action in ('shutdown', 'cancel') and a.status = 'done') as shutdowns
        from t
        join public.lifecycle_action a on a.as_of >= t.y0 and a.as_of < t.d0
    ), paid as (
        select count(*) as orders,
            (select jsonb_agg(x.currency || ' ' || x.amount order by x.currency) from (
                select p.currency, round(sum(p.amount_minor) / power(10::numeric, min(c.exponent)), min(c.exponent)) as amount
                from t
                join public.payment p on p.recorded_at >= t.y0 and p.recorded_at < t.d0
                join public.currency c on c.code = p.currency
                group by p.currency) x) as sums
        from t
        join public.order_event e on e.at >= t.y0 and e.at < t.d0 and e.to_state = 'paid'
    ), soon as (
        select count(*) filter (where s.state = 'active' and s.paid_until_at >= t.d0 and s.paid_until_at < t.d7) as ends,
            count(*) filter (where s.state = 'grace' and s.shutdown_due_at >= t.d0 and s.shutdown_due_at < t.d7) as shutdowns
        from t
        left join public.subscription s on s.state in ('active', 'grace')
    ), tomorrow as (
        select s.id, c.name, s.paid_until_date, s.shutdown_due_at
        from t
        join public.subscription s on s.state = 'grace' and s.shutdown_due_at < t.d2
        join public.customer c on c.id = s.customer_id
        where coalesce(s.hold_until, '-infinity') < t.d2
        order by s.shutdown_due_at, s.id
        limit 20
    ), held as (
        select h.id, h.name, to_char(h.shutdown_due_at at time zone p_zone, 'YYYY-MM-DD HH24:MI') as due from tomorrow h
    ), waiting as (
        select (select count(*) from public.finance_task f where f.done_at is null) as tasks,
            (select (t.at::date - min(f.created_at)::date) from public.finance_task f, t where f.done_at is null group by t.at) as oldest,
            (select count(*) from public.approval_request r, t
             where r.state = 'waiting' and r.expires_at > now()) as approvals
    ), scans as (
        select case when isfinite(c.last_at) and c.last_at < t.at - interval '15 minutes' then public.utc_text(c.last_at) end as last,
            case when not isfinite(c.last_at) then 0 end as ever,
            (select count(*) from public.scan_run r
             where r.started_at >= t.y0 and r.state in ('needs_approval', 'refused', 'failed')) as stopped,
            (select count(*) from public.subscription s where s.quarantined_at is not null) as set_aside
        from t, public.scan_clock c
    ), touched as (
        select count(*) as renewals, coalesce(sum(k.n), 0) as touches
        from t
        join public.order_event e on e.at >= t.m0 and e.at < t.d0 and e.to_state = 'paid'
        join public.orders o on o.id = e.order_id and o.kind = 'renewal'
        cross join lateral (select count(*) as n from public.order_touches(o.id)) k
    )
    select jsonb_strip_nulls(jsonb_build_object(
        'day', p_day, 'yesterday', p_day - 1, 'timezone', p_zone,
        'reminders', acts.reminders, 'graces', acts.graces, 'shutdowns', acts.shutdowns, 'orders', paid.orders,
        'money', (select string_agg(m.value, ', ') from jsonb_array_elements_text(paid.sums) m),
        'ends_7', soon.ends, 'shutdowns_7', soon.shutdowns,
        'tomorrow_count', (select count(*) from held),
        'tomorrow', (select jsonb_agg(h.due || '  ' || h.name || '  ' || h.id order by h.due, h.id) from held h),
        'tasks', waiting.tasks, 'oldest_days', waiting.oldest, 'approvals', waiting.approvals,
        'last_scan', scans.last, 'scans_ever', scans.ever, 'scans_stopped', nullif(scans.stopped, 0), 'set_aside', nullif(scans.set_aside, 0),
        'no_calendar', (select string_agg(g.country || ' ' || g.year, ', ') from t, public.calendar_missing(t.at) g),
        'renewals_30', touched.renewals, 'touches_30', touched.touches, 'path', '/v1/platform/finance-tasks'))
    from acts, paid, soon, waiting, scans, touched;
end;
comment on function public.finance_digest_make(date, text) is 'what the digest of a morning says, as data';
grant execute on function public.finance_digest_make(date, text) to execgov_platform, execgov_lifecycle;

create function public.finance_digest_due() returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p record;
    v_at timestamptz := public.lifecycle_now();
    v_count integer := 0;
begin
    for p in
        select u.id, z.zone, (v_at at time zone z.zone)::date as day
        from public.platform_role r
        join public.app_user u on u.id = r.user_id and u.state = 'active'
        cross join lateral (select coalesce(u.timezone, public.platform_zone()) as zone) z
        where r.role = 'platform_finance'
            and (v_at at time zone z.zone)::time >= time '09:00'
            and not exists (
                select from public.finance_digest d where d.user_id = u.id and d.day = (v_at at time zone z.zone)::date)
        order by u.id
    loop
        -- Whoever writes the row tells; another process waits here and finds it written.
        insert into public.finance_digest (user_id, day, at, messages) values (p.id, p.day, v_at, 0)
        on conflict on constraint finance_digest_pk do nothing;
        if found then
            update public.finance_digest
            set messages = public.person_notify(p.id, null, 'digest:' || p.id || ':' || p.day, 'finance.digest',
                public.finance_digest_make(p.day, p.zone), false, (p.day + 1)::timestamp at time zone p.zone)
            where user_id = p.id and day = p.day;
            v_count := v_count + 1;
        end if;
    end loop;
    return v_count;
end
$$;
comment on function public.finance_digest_due() is
    'a digest to each person of finance for whom it is nine o''clock and who was not told today; how many';
grant execute on function public.finance_digest_due() to execgov_lifecycle;
