-- Payments told by providers: who they are, an inbox row for each telling, and what it does. The bytes are
-- stored before anything happens, so that the answer is quick and nothing that was answered is lost.

create table public.payment_provider (
    code text constraint payment_provider_pk primary key
        constraint payment_provider_code_form check (code ~ '^[a-z][a-z0-9_-]{0,30}$'),
    kind text not null constraint payment_provider_kind_known
        check (kind in ('stripe', 'standard', 'wechatpay', 'alipay')),
    title text not null constraint payment_provider_title_length check (char_length(title) between 1 and 100),
    merchant text null,
    app text null,
    credential_id uuid not null constraint payment_provider_credential_exists references public.credential,
    enabled boolean not null default true,
    created_by uuid null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index payment_provider_credential on public.payment_provider (credential_id);
comment on table public.payment_provider is 'who may tell us of payments at /v1/platform/payments/webhooks/{code}';
comment on column public.payment_provider.merchant is 'our account there; an event of another one has no effect; null: not compared';
comment on column public.payment_provider.app is 'our application there, likewise';
comment on column public.payment_provider.credential_id is 'the keys that its signatures are checked with; opened by execgov-egress alone';
grant select, insert, update on public.payment_provider to execgov_platform;
grant select on public.payment_provider to execgov_egress, execgov_lifecycle;

create function public.payment_provider_json(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', p.code, 'kind', p.kind, 'title', p.title, 'merchant', p.merchant, 'app', p.app,
        'credential', c.name, 'enabled', p.enabled, 'path', '/v1/platform/payments/webhooks/' || p.code,
        'created_at', public.utc_text(p.created_at), 'updated_at', public.utc_text(p.updated_at))
    from public.payment_provider p
    join public.credential c on c.id = p.credential_id
    where p.code = p_code);
comment on function public.payment_provider_json(text) is 'a provider as the API shows it (PaymentProvider)';
grant execute on function public.payment_provider_json(text) to execgov_platform;

alter table public.payment_event
    add column next_at timestamptz not null default now(),
    add column attempts smallint not null default 0,
    add column outcome text null;
comment on column public.payment_event.next_at is 'when it is looked at (again)';
comment on column public.payment_event.outcome is 'what it did: settled, partial, late, duplicate, …';
drop index public.payment_event_inbox;
create index payment_event_inbox on public.payment_event (next_at) where status = 'received';
create index payment_event_newest on public.payment_event (received_at);
create index payment_event_bytes on public.payment_event (received_at) where raw is not null;
revoke insert, update on public.payment_event from execgov_platform;
grant update (next_at, attempts, raw) on public.payment_event to execgov_lifecycle;

create function public.payment_event_add(p_provider text, p_event text, p_raw bytea, p_sha256 text, p_says jsonb)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_sha256 text;
begin
    insert into public.payment_event (provider, event_id, raw, sha256, verified, order_no, detail)
    values (p_provider, p_event, p_raw, p_sha256, true, p_says ->> 'order_no', p_says)
    on conflict on constraint payment_event_pk do nothing;
    if found then
        return 'new';
    end if;
    select sha256 into v_sha256 from public.payment_event where provider = p_provider and event_id = p_event;
    if v_sha256 = p_sha256 then
        return 'seen';
    end if;
    perform public.finance_task_add('event_changed', p_provider || ':' || p_event || ':' || left(p_sha256, 16), null, null,
        null, p_says);
    return 'changed';
end
$$;
comment on function public.payment_event_add(text, text, bytea, text, jsonb) is
    'keep what a provider told, once an id: new, seen, or changed (the same id with other bytes has no effect and is a task)';

create function public.payment_event_end(p_provider text, p_event text, p_outcome text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_says jsonb;
begin
    update public.payment_event
    set status = case
            when p_outcome in ('settled', 'duplicate', 'currency', 'late', 'draft', 'paid_before', 'partial', 'refund_known',
                               'refund_told') then 'done'
            when p_outcome in ('unknown_order', 'refund_unmatched') then 'unmatched'
            when p_outcome in ('merchant', 'currency_unknown', 'refund_above_paid', 'conflict') then 'failed'
            else 'ignored'
        end,
        outcome = p_outcome, done_at = now()
    where provider = p_provider and event_id = p_event and status = 'received'
    returning detail into v_says;
    if found and p_outcome = 'conflict' then
        perform public.finance_task_add('payment_conflict', p_provider || ':' || p_event, null, null, null, v_says);
    end if;
end
$$;
comment on function public.payment_event_end(text, text, text) is
    'what became of a telling; final. conflict: its payment is known with another amount or order, a task';

create function public.payment_event_failed(p_provider text, p_event text, p_why text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    e public.payment_event;
begin
    update public.payment_event
    set next_at = now() + (array['10 s', '1 min', '5 min', '30 min', '2 h'])[least(greatest(attempts, 1), 5)]::interval,
        outcome = left(p_why, 300)
    where provider = p_provider and event_id = p_event and status = 'received'
    returning * into e;
    if e.attempts >= 5 then
        perform public.finance_task_add('payment_event_failed', p_provider || ':' || p_event, null, null, null,
            e.detail || jsonb_build_object('why', left(p_why, 300)));
    end if;
end
$$;
comment on function public.payment_event_failed(text, text, text) is
    'it could not be applied now: tried again in 10 s to 2 h, for as long as it takes; from the fifth time on a task';

-- Money that names no order of ours is money all the same.
create function public.payment_unmatched(p_provider text, p_says jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    insert into public.payment (id, provider, provider_txn, method, amount_minor, currency, received_at, external_ref,
        recorded_at)
    values (gen_random_uuid(), p_provider, p_says ->> 'txn', p_provider, (p_says ->> 'amount_minor')::bigint,
        p_says ->> 'currency', (p_says ->> 'occurred_at')::timestamptz, p_says ->> 'order_no', public.lifecycle_now())
    on conflict on constraint payment_txn_once do nothing
    returning id into v_id;
    if v_id is null then
        return;
    end if;
    perform public.ledger_post('receive:' || v_id, 'receive', v_id::text,
        array['CASH:' || p_provider, 'UNAPPLIED'],
        array[(p_says ->> 'amount_minor')::bigint, -(p_says ->> 'amount_minor')::bigint], p_says ->> 'currency');
    perform public.finance_task_add('payment_unmatched', v_id::text, null, null, v_id, p_says);
    perform public.audit_add(null, null, 'system', 'money', 'payment.unapplied', 'payment', v_id::text,
        jsonb_build_object('why', 'unknown_order', 'order', p_says ->> 'order_no'));
end
$$;
comment on function public.payment_unmatched(text, jsonb) is 'keep a payment for an order we do not know, and tell somebody';

-- Money that went back there. Nothing is taken from the customer by it: a person records the refund with its
-- approval (order_refund), under the same reference.
create function public.payment_refund_told(p_provider text, p_event text, p_says jsonb, p_received timestamptz)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    p public.payment;
    v_before bigint;
begin
    select * into p from public.payment where provider = p_provider and provider_txn = p_says ->> 'txn';
    if not found then
        -- Told before its payment: that may be on its way.
        if p_received > now() - interval '1 day' then
            return null;
        end if;
        perform public.finance_task_add('refund_unmatched', p_provider || ':' || p_event, null, null, null, p_says);
        return 'refund_unmatched';
    end if;
    if exists (select from public.payment_return r where r.payment_id = p.id and r.reference = p_says ->> 'refund') then
        return 'refund_known';
    end if;
    select coalesce(sum(r.amount_minor), 0) into v_before from public.payment_return r where r.payment_id = p.id;
    if p_says ->> 'currency' <> p.currency or v_before + (p_says ->> 'amount_minor')::bigint > p.amount_minor then
        perform public.finance_task_add('refund_above_paid', p_provider || ':' || p_event, null, p.claimed_order, p.id,
            p_says || jsonb_build_object('paid_minor', p.amount_minor, 'returned_minor', v_before));
        return 'refund_above_paid';
    end if;
    perform public.finance_task_add('refund_by_provider', p_provider || ':' || (p_says ->> 'refund'), null, p.claimed_order,
        p.id, p_says);
    return 'refund_told';
end
$$;
comment on function public.payment_refund_told(text, text, jsonb, timestamptz) is
    'refund_known, refund_told (a task), refund_above_paid, refund_unmatched; null: its payment may still come';

create function public.payment_event_take(p_provider text, p_event text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    e public.payment_event;
    v public.payment_provider;
    o public.orders;
    v_outcome text;
begin
    select * into e from public.payment_event where provider = p_provider and event_id = p_event for no key update;
    if not found or e.status <> 'received' then
        return '{"do": "nothing"}';
    end if;
    select * into v from public.payment_provider where code = p_provider;
    if (v.merchant is not null and e.detail ->> 'merchant' is distinct from v.merchant)
        or (v.app is not null and e.detail ->> 'app' is distinct from v.app) then
        perform public.finance_task_add('payment_merchant', p_provider || ':' || p_event, null, null, null, e.detail);
        v_outcome := 'merchant';
    elsif e.detail ->> 'kind' in ('failed', 'expired', 'other') then
        v_outcome := e.detail ->> 'kind';
    elsif not exists (select from public.currency where code = e.detail ->> 'currency') then
        perform public.finance_task_add('payment_currency_unknown', p_provider || ':' || p_event, null, null, null, e.detail);
        v_outcome := 'currency_unknown';
    elsif e.detail ->> 'kind' = 'refunded' then
        v_outcome := public.payment_refund_told(p_provider, p_event, e.detail, e.received_at);
        if v_outcome is null then
            update public.payment_event set next_at = now() + interval '10 min', outcome = 'waits for its payment'
            where provider = p_provider and event_id = p_event;
            return '{"do": "nothing"}';
        end if;
    else
        select * into o from public.orders where no = e.detail ->> 'order_no';
        if found then
            return jsonb_build_object('do', 'settle', 'order', o.id) || e.detail;
        end if;
        perform public.payment_unmatched(p_provider, e.detail);
        v_outcome := 'unknown_order';
    end if;
    perform public.payment_event_end(p_provider, p_event, v_outcome);
    return jsonb_build_object('do', 'nothing', 'outcome', v_outcome);
end
$$;
comment on function public.payment_event_take(text, text) is
    'merchant, kind, currency and order are compared before any effect; {do: settle} is left to core/store/money/payment_inbox.c';

grant execute on function public.payment_event_add(text, text, bytea, text, jsonb) to execgov_platform;
grant execute on function public.payment_event_end(text, text, text), public.payment_event_failed(text, text, text),
    public.payment_event_take(text, text) to execgov_platform, execgov_lifecycle;
grant update (next_at, attempts) on public.payment_event to execgov_platform;
