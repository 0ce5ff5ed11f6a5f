-- Orders up to the money: every transition is a function, so that whoever makes it makes it whole:
-- lock (customer, subscription, order), check, state, history, ledger, audit. Domain time is
-- lifecycle_now(), so that a test clock moves all of it.

create function public.order_json(p_order uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', o.id, 'no', o.no, 'kind', o.kind, 'state', o.state, 'customer_id', o.customer_id,
        'customer', c.name, 'subscription_id', o.subscription_id, 'tenant_id', coalesce(o.tenant_id, s.tenant_id),
        'edition', v.edition, 'edition_version', v.ver, 'period_no', o.period_no, 'quantity', o.quantity,
        'amount', jsonb_build_object('amount_minor', o.amount_minor, 'currency', o.currency),
        'tax', jsonb_build_object('amount_minor', o.tax_minor, 'currency', o.currency),
        'refunded', jsonb_build_object('amount_minor', o.refunded_minor, 'currency', o.currency),
        'price', o.price_snapshot, 'problem', o.problem, 'expires_at', public.utc_text(o.expires_at),
        'publish_at', case when o.state = 'draft' then public.utc_text(o.publish_at) end,
        'created_at', public.utc_text(o.created_at), 'state_since', public.utc_text(o.state_entered_at),
        'version', o.version)
    from public.orders o
    join public.customer c on c.id = o.customer_id
    join public.edition_version v on v.id = o.edition_version
    left join public.subscription s on s.id = o.subscription_id
    where o.id = p_order);
comment on function public.order_json(uuid) is 'an order as the API shows it (Order)';

-- Locks in the one order there is; the row is read again under the lock.
create function public.order_lock(p_order uuid) returns public.orders
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders;
begin
    select * into o from public.orders where id = p_order;
    if not found then
        raise exception 'not_found: there is no such order' using errcode = 'GV000';
    end if;
    perform from public.customer where id = o.customer_id for no key update;
    if o.subscription_id is not null then
        perform from public.subscription where id = o.subscription_id for no key update;
    end if;
    select * into o from public.orders where id = p_order for no key update;
    return o;
end
$$;
comment on function public.order_lock(uuid) is 'lock customer, subscription and order, in that order; not_found if there is none';

create function public.order_move(
    o public.orders, p_to text, p_event text, p_actor uuid, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.orders
    set state = p_to, state_entered_at = public.lifecycle_now(), version = version + 1,
        publish_at = case when p_to = 'draft' then publish_at end
    where id = o.id;
    insert into public.order_event (order_id, at, from_state, to_state, event, actor, detail)
    values (o.id, public.lifecycle_now(), o.state, p_to, p_event, p_actor, coalesce(p_detail, '{}'));
    perform public.audit_add(null, p_actor, case when p_actor is null then 'system' else 'user' end,
        'money', 'order.' || p_event, 'order', o.id::text,
        jsonb_build_object('no', o.no, 'from', o.state, 'to', p_to) || coalesce(p_detail, '{}'));
end
$$;
comment on function public.order_move(public.orders, text, text, uuid, jsonb) is
    'write a transition: state, history, audit; the caller has locked and checked';

create function public.order_refuse(o public.orders, p_event text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'order_transition_invalid: % of an order that is %', p_event, o.state using errcode = 'GV000';
end
$$;
comment on function public.order_refuse(public.orders, text) is 'any (state, event) that the table of transitions does not have';

-- Dr receivable, Cr deferred revenue and tax; taken back when the order is given up.
create function public.order_invoice(o public.orders) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.ledger_post('invoice:' || o.id, 'invoice', o.id::text,
        array['AR:' || o.customer_id, 'DEFERRED_REVENUE', 'TAX_PAYABLE'],
        array[o.amount_minor, -(o.amount_minor - o.tax_minor), -o.tax_minor], o.currency);
end;
comment on function public.order_invoice(public.orders) is 'what the customer owes from now on';

create function public.order_create(
    p_id uuid, p_kind text, p_customer uuid, p_subscription uuid, p_tenant uuid, p_edition_version uuid,
    p_quantity integer, p_draft boolean, p_amount bigint, p_tax bigint, p_snapshot jsonb, p_terms jsonb,
    p_expires timestamptz, p_idem_key text, p_idem_hash text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    o public.orders;
    v public.edition_version;
    s public.subscription;
begin
    perform from public.customer where id = p_customer for no key update;
    if not found then
        raise exception 'not_found: there is no such customer' using errcode = 'GV000';
    end if;
    select * into o from public.orders where customer_id = p_customer and idem_key = p_idem_key;
    if found then
        perform public.gov_must(o.idem_hash is not distinct from p_idem_hash, 'idempotency_mismatch');
        return public.order_json(o.id) || '{"replayed": true}';
    end if;
    select * into v from public.edition_version where id = p_edition_version;
    if not found or v.sold_from > public.lifecycle_now()
        or (v.sold_to <= public.lifecycle_now() and p_kind <> 'renewal') then
        raise exception 'not_on_sale: this edition is not on sale' using errcode = 'GV000';
    end if;
    if p_subscription is not null then
        select * into s from public.subscription where id = p_subscription and customer_id = p_customer for no key update;
        if not found then
            raise exception 'not_found: the customer has no such subscription' using errcode = 'GV000';
        end if;
        perform public.gov_must(s.state <> 'terminated', 'conflict');
        perform public.gov_must(p_kind <> 'renewal' or not exists (
            select from public.orders r
            where r.subscription_id = s.id and r.kind = 'renewal' and r.period_no = s.period_no + 1
                and r.state not in ('cancelled', 'expired')), 'conflict');
    end if;
    insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, tenant_id, edition_version,
        quantity, state, state_entered_at, amount_minor, tax_minor, currency, price_snapshot, terms, expires_at,
        idem_key, idem_hash, created_by, created_at)
    values (p_id, to_char(public.lifecycle_now(), 'YYYYMMDD') || '-' || lpad(nextval('public.order_number')::text, 6, '0'),
        p_kind, p_customer, p_subscription, case when p_subscription is not null then s.period_no + 1 end, p_tenant,
        v.id, p_quantity, case when p_draft then 'draft' else 'pending_payment' end, public.lifecycle_now(),
        p_amount, p_tax, v.currency, p_snapshot, coalesce(p_terms, '{}'), p_expires, p_idem_key, p_idem_hash,
        p_actor, public.lifecycle_now())
    returning * into o;
    if not p_draft then
        perform public.order_invoice(o);
    end if;
    insert into public.order_event (order_id, at, to_state, event, actor)
    values (o.id, public.lifecycle_now(), o.state, 'created', p_actor);
    perform public.audit_add(null, p_actor, case when p_actor is null then 'system' else 'user' end, 'money',
        'order.created', 'order', o.id::text, jsonb_build_object('no', o.no, 'kind', o.kind,
        'amount_minor', o.amount_minor, 'currency', o.currency));
    return public.order_json(o.id);
end
$$;
comment on function public.order_create(uuid, text, uuid, uuid, uuid, uuid, integer, boolean, bigint, bigint, jsonb, jsonb, timestamptz, text, text, uuid) is
    'O1: a new order; the same key and body find the first one, another body is refused';

create function public.order_publish(p_order uuid, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state = 'pending_payment' then
        return public.order_json(o.id);
    end if;
    if o.state <> 'draft' then
        perform public.order_refuse(o, 'publish');
    end if;
    perform public.order_move(o, 'pending_payment', 'published', p_actor, null);
    perform public.order_invoice(o);
    return public.order_json(o.id);
end
$$;
comment on function public.order_publish(uuid, uuid) is 'O3: the customer is asked to pay';

create function public.subscription_touch(p_subscription uuid) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    update public.subscription
    set hold_until = (select max(h.until_at) from public.hold h
                      where h.subscription_id = p_subscription and h.released_at is null),
        next_action_at = case when state in ('active', 'grace', 'shutdown', 'cancelled')
            then public.lifecycle_now() end,
        version = version + 1
    where id = p_subscription;
end;
comment on function public.subscription_touch(uuid) is 'after a change by somebody: reckon its holds, and let the next scan look at it';

create function public.order_report(
    p_order uuid, p_reference text, p_hold_until timestamptz, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state = 'payment_reported' then
        return public.order_json(o.id);
    end if;
    if o.state <> 'pending_payment' then
        perform public.order_refuse(o, 'report_payment');
    end if;
    perform public.order_move(o, 'payment_reported', 'payment_reported', p_actor,
        jsonb_build_object('reference', p_reference));
    if o.subscription_id is not null then
        insert into public.hold (id, subscription_id, kind, order_id, until_at, reason, actor, created_at)
        values (gen_random_uuid(), o.subscription_id, 'payment_reported', o.id, p_hold_until,
            coalesce(p_reference, 'payment reported'), p_actor, public.lifecycle_now())
        on conflict (order_id) where kind = 'payment_reported' do nothing;
        perform public.subscription_touch(o.subscription_id);
    end if;
    insert into public.finance_task (id, kind, ref, customer_id, order_id, detail, created_at)
    values (gen_random_uuid(), 'payment_reported', o.id::text, o.customer_id, o.id,
        jsonb_build_object('reference', p_reference), public.lifecycle_now())
    on conflict on constraint finance_task_once do nothing;
    return public.order_json(o.id);
end
$$;
comment on function public.order_report(uuid, text, timestamptz, uuid) is
    'O4: somebody says he has paid; keeps a shutdown off for a while, once an order';

create function public.order_cancel(p_order uuid, p_to text, p_actor uuid, p_comment text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders := public.order_lock(p_order);
begin
    if o.state = p_to then
        return public.order_json(o.id);
    end if;
    if o.state not in ('draft', 'pending_payment') or p_to not in ('cancelled', 'expired') then
        perform public.order_refuse(o, case when p_to = 'expired' then 'expire' else 'cancel' end);
    end if;
    if exists (select from public.payment p where p.claimed_order = o.id
            and not exists (select from public.payment_return r where r.payment_id = p.id)
            and not exists (select from public.payment_application a where a.payment_id = p.id)) then
        raise exception 'conflict: a payment came in for it that nobody has decided about' using errcode = 'GV000';
    end if;
    perform public.order_move(o, p_to, p_to, p_actor, jsonb_strip_nulls(jsonb_build_object('comment', p_comment)));
    perform public.ledger_reverse('invoice-reversal:' || o.id, 'invoice:' || o.id);
    return public.order_json(o.id);
end
$$;
comment on function public.order_cancel(uuid, text, uuid, text) is
    'O8: cancelled by a person, or expired by the scan; not while a payment for it waits';

grant execute on function public.order_json(uuid) to execgov_platform, execgov_lifecycle;
grant execute on function public.order_create(uuid, text, uuid, uuid, uuid, uuid, integer, boolean, bigint, bigint,
    jsonb, jsonb, timestamptz, text, text, uuid) to execgov_platform, execgov_lifecycle;
grant execute on function public.order_publish(uuid, uuid), public.order_cancel(uuid, text, uuid, text)
    to execgov_platform, execgov_lifecycle;
grant execute on function public.order_report(uuid, text, timestamptz, uuid) to execgov_platform;
grant execute on function public.subscription_touch(uuid) to execgov_platform, execgov_lifecycle;
