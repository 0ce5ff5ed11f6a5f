-- scope: lifecycle
-- Messages to send now, at most $1, none of the channels $2, which have their share of the places: those whose guard does not hold
-- any more are suppressed, those too late are dead, one that a process died over is sent again once, and a receipt not at all: a
-- person looks. What is returned is committed as being sent before a socket is opened. A renewal's order may have come after its
-- reminder was written: its number, sum and address are looked up now.
-- scan outbox: while it is small; the rows to be moved are looked up by their key in a full one
with recursive open (channel) as (
    select min(o.channel) from public.outbox o where o.state in ('pending', 'retry', 'sending')
    union all
    select (select min(o.channel) from public.outbox o where o.state in ('pending', 'retry', 'sending') and o.channel > p.channel)
    from open p
    where p.channel is not null
), due as (
    -- From each channel by its own index, which alone has this order (rows are compared, so that the channel is part of it): neither one
    -- that is left out nor one that is full is walked through for another's sake, however much it has waiting.
    select d.id, d.event, d.state, d.guard, d.resends, d.late
    from open n
    cross join lateral (
        select o.id, o.event, o.state, o.guard, o.resends, o.next_at, o.expires_at <= public.lifecycle_now() as late
        from public.outbox o
        where (o.channel, o.next_at) >= (n.channel, timestamptz '-infinity')
            and (o.channel, o.next_at) <= (n.channel, public.lifecycle_now())
            and o.state in ('pending', 'retry', 'sending')
            and (o.state <> 'sending' or o.lease_until <= clock_timestamp())
        order by o.channel, o.next_at, o.id
        limit $1::integer
        for no key update skip locked) d
    where n.channel is not null
        and n.channel <> all ($2::text[])
    order by d.next_at, d.id
    limit $1::integer
), judged as (
    select d.*,
        case
            when d.state = 'sending' and d.event = 'payment.received' then 'unknown'
            when d.late then 'dead'
            when d.state = 'sending' and d.resends > 0 then 'unknown'
            when public.outbox_guard_holds(d.guard) is not null then 'suppressed'
            else 'sending'
        end as next_state,
        case
            when d.state = 'sending' and d.event = 'payment.received' then 'died while sending'
            when d.late then 'expired'
            when d.state = 'sending' and d.resends > 0 then 'died while sending'
            else coalesce(public.outbox_guard_holds(d.guard), case when d.state = 'sending' then 'died while sending' end)
        end as why
    from due d
), moved as (
    update public.outbox o
    set state = j.next_state,
        reason = j.why,
        resends = o.resends + case when j.state = 'sending' and j.next_state = 'sending' then 1 else 0 end,
        attempts = o.attempts + case when j.next_state = 'sending' then 1 else 0 end,
        lease_until = case when j.next_state = 'sending' then clock_timestamp() + interval '2 minutes' end,
        ended_at = case when j.next_state <> 'sending' then clock_timestamp() end
    from judged j
    where o.id = j.id
        and o.id = any (array(select d.id from due d)) -- by its key, however small the table was when this was planned
    returning o.*
), attempted as (
    insert into public.delivery_attempt (outbox_id, n)
    select m.id, m.attempts
    from moved m
    where m.state = 'sending'
)
select m.id, m.message_id, m.action_key, m.event, m.channel, m.endpoint, m.locale, m.tenant_id,
    case when m.event like 'subscription.%'
        then m.payload || coalesce(r.told, '{}') || jsonb_strip_nulls(jsonb_build_object('tenant', t.name))
        else m.payload end, m.attempts,
    c.kind, coalesce(u.timezone, t.timezone, m.payload ->> 'timezone'), public.utc_text(m.created_at), m.reached
from moved m
left join public.channel c on c.name = m.channel
    and c.enabled
    and (c.tenant_id is null or c.tenant_id = m.tenant_id)
left join public.app_user u on u.id = m.user_id
left join public.tenant t on t.id = m.tenant_id
left join lateral (
    select public.renewal_told(m.subscription_id, (m.payload ->> 'period_no')::integer) as told
    where m.payload ? 'amount_minor') r on true
where m.state = 'sending'
