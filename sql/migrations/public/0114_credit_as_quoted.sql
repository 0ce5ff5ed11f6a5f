-- A change of edition is quoted before it is ordered, and ordered under the lock: what its price is lowered by has to be there still. Before,
-- a refund between the two gave the same money back twice.

create or replace function public.order_create(
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
    -- What lowers the price was read before anything was locked: a refund, or another change of edition, may have come between.
    if p_snapshot ? 'credit_of_minor' and not exists (
            select from public.subscription_period q
            join public.orders b on b.id = q.order_id
            where q.subscription_id = s.id
                and q.n = (p_snapshot ->> 'credit_period')::integer
                and q.closed_date is null
                and s.state = 'active'
                and q.amount_minor - b.refunded_minor + coalesce((b.price_snapshot ->> 'credit_minor')::bigint, 0)
                    = (p_snapshot ->> 'credit_of_minor')::bigint) then
        raise exception 'conflict: what is left of its period has changed meanwhile' using errcode = 'GV000';
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
