-- The end of a sale, decided by a person. What is on sale is what an order may be of; what was bought stays what it is, and a
-- customer of an edition that nobody sells any more is renewed at the terms he has, which is a task each time: nobody loses
-- his tenant because the catalogue changed, and nobody is renewed in silence at a price that is offered no more.

create function public.edition_must_exist(p_code text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from public.edition where code = p_code) then
        raise exception 'not_found: there is no such edition' using errcode = 'GV000';
    end if;
end
$$;
comment on function public.edition_must_exist(text) is 'not_found where there is no such edition';

create function public.edition_end_sale(
    p_code text, p_ver integer, p_at timestamptz, p_reason text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v public.edition_version;
    v_now timestamptz := public.lifecycle_now();
    v_at timestamptz := coalesce(p_at, v_now);
begin
    perform pg_advisory_xact_lock(hashtextextended('edition:' || p_code, 0));
    perform public.edition_must_exist(p_code);
    select * into v from public.edition_version where edition = p_code and ver = p_ver for no key update;
    if not found then
        raise exception 'not_found: the edition has no such version' using errcode = 'GV000';
    end if;
    if (select kind from public.edition where code = p_code) = 'personal' then
        raise exception 'conflict: every personal account is of it' using errcode = 'GV000';
    end if;
    if v_at < v_now then
        raise exception 'conflict: the end of a sale lies ahead, or is now' using errcode = 'GV000';
    end if;
    if v.sold_to <= v_now then
        raise exception 'conflict: its sale ended at %', public.utc_text(v.sold_to) using errcode = 'GV000';
    end if;
    if v.sold_to <= v_at then
        raise exception 'conflict: its sale ends before that, at %', public.utc_text(v.sold_to) using errcode = 'GV000';
    end if;
    -- One that was only announced is withdrawn: it is never sold.
    update public.edition_version set sold_to = greatest(v_at, sold_from) where id = v.id;
    perform public.audit_add(null, p_actor, 'user', 'money', 'edition.sale_ended', 'edition', p_code,
        jsonb_build_object('ver', p_ver, 'sold_to', public.utc_text(greatest(v_at, v.sold_from)),
            'before', public.utc_text(v.sold_to), 'reason', p_reason));
    return public.edition_json(v.id);
end
$$;
comment on function public.edition_end_sale(text, integer, timestamptz, text, uuid) is
    'from then on (null: from now) nobody orders this version; an end that is set may only be brought forward';

create function public.edition_show(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', e.code, 'kind', e.kind, 'title', e.title, 'created_at', public.utc_text(e.created_at),
        'on_sale', (
            select max(v.ver) from public.edition_version v
            where v.edition = e.code and v.sold_from <= public.lifecycle_now()
                and (v.sold_to is null or v.sold_to > public.lifecycle_now())),
        'versions', (
            select jsonb_agg(public.edition_json(v.id) || jsonb_build_object(
                    'subscriptions', (select count(*) from public.subscription s
                        where s.edition_version = v.id and s.state in ('active', 'grace', 'shutdown')),
                    'open_orders', (select count(*) from public.orders o
                        where o.edition_version = v.id and o.state in ('draft', 'pending_payment', 'payment_reported')))
                order by v.ver desc)
            from public.edition_version v
            where v.edition = e.code))
    from public.edition e
    where e.code = p_code);
comment on function public.edition_show(text) is
    'an edition as the API shows it (EditionDetail): its versions, who has them, what is ordered of them';

-- A version that is still sold until a moment to come is a successor too.
create or replace function public.renewal_version(p_version uuid) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select x.id
    from public.edition_version o
    join public.edition_version x on x.edition = o.edition
        and (x.id = o.id or x.sold_to is null or x.sold_to > greatest(x.sold_from, public.lifecycle_now()))
    where o.id = p_version
    order by (x.id = o.id and (o.sold_to is null or o.sold_to > public.lifecycle_now())) desc,
        (x.sold_to is null or x.sold_to > public.lifecycle_now()) desc, x.ver desc
    limit 1);

-- What a version has to be so that what is bought of it can be reckoned. The guard of the rows, not of one way to them.
create function public.edition_version_fits() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind text;
begin
    select kind into v_kind from public.edition where code = new.edition;
    if (v_kind = 'team') <> (new.interval_unit is not null) then
        raise exception 'invalid_input: team editions, and only they, have an interval' using errcode = 'GV000';
    end if;
    if v_kind = 'slots' and coalesce((new.limits ->> 'slots')::integer, 0) < 1 then
        raise exception 'invalid_input: a pack adds at least one slot' using errcode = 'GV000';
    end if;
    if not exists (select from public.lifecycle_policy where code = new.policy) then
        raise exception 'invalid_input: there is no such reminder policy: %', new.policy using errcode = 'GV000';
    end if;
    return new;
end
$$;
comment on function public.edition_version_fits() is 'interval, slots and policy as the kind of the edition needs them';
create trigger edition_version_fits before insert on public.edition_version
    for each row execute function public.edition_version_fits();

create or replace function public.order_draft(
    p_id uuid, p_customer uuid, p_subscription uuid, p_edition_version uuid, p_amount bigint, p_tax bigint,
    p_snapshot jsonb, p_publish_hours integer) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v public.edition_version;
    v_now timestamptz := public.lifecycle_now();
begin
    perform from public.customer where id = p_customer for no key update;
    select * into s from public.subscription where id = p_subscription for no key update;
    select * into v from public.edition_version where id = p_edition_version;
    if s.state not in ('active', 'grace') or s.cancel_at_period_end then
        return null;
    end if;
    insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state,
        state_entered_at, amount_minor, tax_minor, currency, price_snapshot, expires_at, publish_at, created_at)
    values (p_id, to_char(v_now, 'YYYYMMDD') || '-' || lpad(nextval('public.order_number')::text, 6, '0'), 'renewal',
        p_customer, p_subscription, s.period_no + 1, v.id, 'draft', v_now, p_amount, p_tax, v.currency, p_snapshot,
        coalesce(s.shutdown_due_at, s.paid_until_at + make_interval(days => v.grace_days))
            + make_interval(days => v.retention_days),
        case when p_publish_hours >= 0 then v_now + make_interval(hours => p_publish_hours) end, v_now)
    on conflict (subscription_id, period_no) where kind = 'renewal' and state not in ('cancelled', 'expired')
        do nothing;
    if not found then
        return null;
    end if;
    insert into public.order_event (order_id, at, to_state, event) values (p_id, v_now, 'draft', 'drafted');
    insert into public.platform_audit (actor_kind, kind, action, subject_kind, subject, detail)
    values ('system', 'money', 'order.drafted', 'order', p_id::text, jsonb_build_object('amount_minor', p_amount));
    if v.sold_to <= v_now then
        perform public.finance_task_add('renewal_not_on_sale', p_id::text, p_customer, p_id, null,
            jsonb_build_object('subscription', s.id, 'edition', v.edition, 'ver', v.ver, 'sold_to', public.utc_text(v.sold_to),
                'amount_minor', p_amount, 'currency', v.currency, 'remedy', jsonb_build_object(
                    'en', 'its edition is sold no more and has no successor, so that this renewal has the terms the customer has. '
                        'Leave it, and end this task; or choose what follows: execgov subscription edition ' || s.id || ' EDITION; '
                        'or let it end: execgov subscription cancel ' || s.id,
                    'zh-CN', '该版本已停售且无后续版次，续费订单沿用客户现有条款。可保留并结束本待办；或改用其他版本：execgov subscription edition '
                        || s.id || ' 版本；或到期不再续费：execgov subscription cancel ' || s.id)));
    end if;
    return p_id;
end
$$;

create function public.renewal_decided() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = new.actor, outcome = new.to_state
    where kind = 'renewal_not_on_sale' and ref = new.order_id::text and done_at is null;
    return null;
end
$$;
comment on function public.renewal_decided() is 'paid, or given up: what was asked about this renewal is answered';
create trigger renewal_decided after insert on public.order_event for each row
    when (new.to_state in ('paid', 'cancelled', 'expired'))
    execute function public.renewal_decided();

grant execute on function public.edition_end_sale(text, integer, timestamptz, text, uuid), public.edition_show(text)
    to execgov_platform;
