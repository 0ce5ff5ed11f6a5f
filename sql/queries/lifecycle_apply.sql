-- scope: lifecycle
-- What a batch decided, all of it or nothing. Actions: $1 subscriptions, $2 periods, $3 actions, $4 windows,
-- $5 statuses, $6 due, $7 not before. Subscriptions: $8 ids, $9 versions, $10 states, $11 entered, $12 shutdown due,
-- $13 final notice, $14 termination notice (or null), $15 windows done, $16 next (or null).
-- $17 the actions' days of the as of, in the subscription's zone, $18 the states before; $19 as of (us), $20 run. An action
-- whose key is there already has no message: it had one. A message names what its renewal's order asks for, or will, and the day
-- on which it stops, holds and all; a window of a later round (G-1/2) is the same message, with the round in it.
-- scan subscription: small tables are read whole; each join is by primary key
with asked as (
    select a.*
    from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
        $17::integer[])
        as a (id, period, action, win, status, due, send, day)
), recorded as (
    insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of,
        as_of_date, run_id, done_at)
    select a.id, a.period, a.action, a.win, a.status, a.due,
        timestamptz 'epoch' + $19::bigint * interval '1 microsecond',
        date '1970-01-01' + a.day, $20::uuid, (select public.lifecycle_now())
    from asked a
    on conflict on constraint lifecycle_action_pk do nothing
    returning subscription_id, period_no, action, window_code, status
), after as (
    select n.*
    from unnest($8::uuid[], $9::integer[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
        $14::timestamptz[], $15::integer[], $16::timestamptz[], $18::text[])
        as n (id, version, state, entered, shutdown, final, termination, done, next, before)
), moved as (
    update public.subscription s
    set state = n.state,
        state_entered_at = n.entered,
        shutdown_due_at = n.shutdown,
        final_notice_at = n.final,
        termination_notice_at = n.termination,
        windows_done = n.done,
        next_action_at = n.next,
        fail_count = 0,
        version = s.version + 1
    from after n
    where s.id = n.id
        and s.version = n.version
    returning s.id
), messages as (
    insert into public.outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, locale, payload, guard,
        message_id, next_at, expires_at)
    select 'sub:' || r.subscription_id || ':' || r.period_no || ':' || r.window_code,
        'subscription.' || case r.action when 'remind' then 'reminder' else r.action end,
        k.channel, k.endpoint, s.tenant_id, s.id, coalesce(k.locale, c.locale),
        case
            when p.last or p.round > 0 then p.payload - case when p.last then p.of_renewal else '{}' end
                || case when p.last then jsonb_build_object('last_day', s.paid_until_date) else '{}' end
                || case when p.round > 0 then jsonb_build_object('round', p.round) else '{}' end
            else p.payload
        end,
        case n.state
            when 'active' then jsonb_build_object('subscription', s.id, 'period_no', s.period_no, 'state', n.state,
                'before', s.paid_until_at)
            else jsonb_build_object('subscription', s.id, 'period_no', s.period_no, 'state', n.state)
        end,
        gen_random_uuid()::text, a.send,
        -- not before the moment from which it may go out: on a Friday evening that is Monday
        case when n.next is not null then greatest(n.next, a.send) end + interval '1 day'
    from recorded r
    join asked a on a.id = r.subscription_id and a.period = r.period_no and a.action = r.action and a.win = r.window_code
    join after n on n.id = r.subscription_id
    join public.subscription s on s.id = r.subscription_id
    join public.edition_version v on v.id = s.edition_version
    join public.customer c on c.id = s.customer_id
    left join public.orders d on d.subscription_id = s.id
        and d.period_no = s.period_no + 1
        and d.kind = 'renewal'
        and d.state not in ('cancelled', 'expired')
    join public.edition_version o on o.id = coalesce(s.next_edition_version, s.edition_version)
    join public.edition_version w on w.id = case when o.sold_to is null then o.id else public.renewal_version(o.id) end
    cross join lateral (
        select t.channel, t.endpoint, t.locale
        from public.customer_contact t
        where t.customer_id = c.id
        union all
        select 'email', u.email, u.locale
        from public.membership m
        join public.app_user u on u.id = m.user_id
        where m.tenant_id = s.tenant_id
            and m.role = 'owner'
            -- before and when it stops whoever owns it knows, too; where he is a contact it is one message
            and (split_part(r.window_code, '/', 1) in ('G-1', 'SHUTDOWN') or not exists (
                select from public.customer_contact t where t.customer_id = c.id))) k
    cross join lateral (
        select jsonb_build_object('window', split_part(r.window_code, '/', 1), 'customer', c.name, 'edition', v.edition,
            'period_no', s.period_no, 'paid_until', s.paid_until_date, 'timezone', s.tz,
            'shutdown_due_at', case when n.shutdown is not null then public.utc_text(greatest(n.shutdown, s.hold_until)) end,
            'retention_days', v.retention_days,
            'amount_minor', coalesce(d.amount_minor, public.price_total(w.price_minor, w.tax_bp, w.tax_inclusive)),
            'currency', coalesce(d.currency, w.currency),
            case when v.grace_days > 0 then 'grace_until' else 'stops_on' end, s.paid_until_date + v.grace_days) as payload,
            '{amount_minor,currency,grace_until,stops_on}'::text[] as of_renewal,
            s.cancel_at_period_end and n.state = 'active' as last, (n.done >> 16) & 255 as round) p
    where r.status = 'done'
        and r.action in ('remind', 'grace', 'shutdown', 'cancel')
    on conflict on constraint outbox_key_once do nothing
), changed as (
    select s.id, n.before as from_state, n.state, s.tenant_id
    from after n
    join public.subscription s on s.id = n.id
    where n.before <> n.state
), history as (
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref)
    select h.id, timestamptz 'epoch' + $19::bigint * interval '1 microsecond', h.from_state, h.state, 'scan', $20
    from changed h
), audited as (
    insert into public.platform_audit (actor_kind, kind, action, subject_kind, subject, tenant_id, detail)
    select 'system', 'money', 'subscription.' || h.state, 'subscription', h.id::text, h.tenant_id,
        jsonb_build_object('from', h.from_state, 'run', $20)
    from changed h
), blocked as (
    insert into public.tenant_block (tenant_id, source, level, reason_code, ref)
    select h.tenant_id, 'billing', case h.state when 'grace' then 1 else 3 end,
        case h.state when 'grace' then 'subscription_in_grace' else 'subscription_expired' end, h.id::text
    from changed h
    where h.tenant_id is not null
        and h.state in ('grace', 'shutdown', 'cancelled')
    on conflict (tenant_id, source, reason_code) where released_at is null do nothing
), proposed as materialized (
    -- by what was asked, not recorded: an end that was put off within its period has that action already
    select public.termination_propose(a.id, timestamptz 'epoch' + $19::bigint * interval '1 microsecond')
    from asked a
    where a.action = 'propose'
), untold as materialized (
    select public.termination_untold_add(r.subscription_id, r.period_no,
        timestamptz 'epoch' + $19::bigint * interval '1 microsecond')
    from recorded r
    where r.action = 'untold'
), told as materialized (
    select public.termination_told(r.subscription_id, null, 'told')
    from recorded r
    where r.action = 'remind'
        and split_part(r.window_code, '/', 1) = 'R-7'
)
select (select count(*) from moved), (select count(*) from recorded),
    (select coalesce(array_agg(h.tenant_id), '{}') from changed h
        where h.tenant_id is not null and h.state in ('grace', 'shutdown', 'cancelled')),
    (select count(*) from untold), (select count(*) from told), (select count(*) from proposed)
