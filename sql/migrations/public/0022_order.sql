-- Orders and the money that came. Amounts are whole minor units; an order has one currency. Rows of
-- payment, application and event are facts: nobody may change or remove them.

create sequence public.order_number;

create table public.orders (
    id uuid constraint orders_pk primary key,
    no text not null constraint orders_no_once unique,
    kind text not null constraint orders_kind_known check (kind in ('new', 'renewal', 'upgrade', 'quota')),
    customer_id uuid not null constraint orders_customer_exists references public.customer,
    subscription_id uuid null constraint orders_subscription_exists references public.subscription,
    period_no integer null,
    tenant_id uuid null constraint orders_tenant_exists references public.tenant,
    edition_version uuid not null constraint orders_edition_exists references public.edition_version,
    quantity integer not null default 1 constraint orders_quantity_range check (quantity between 1 and 1000),
    state text not null constraint orders_state_known
        check (state in ('draft', 'pending_payment', 'payment_reported', 'paid', 'activating', 'active',
                         'activation_failed', 'cancelled', 'expired', 'refunded')),
    state_entered_at timestamptz not null default now(),
    amount_minor bigint not null constraint orders_amount_not_negative check (amount_minor >= 0),
    tax_minor bigint not null default 0 constraint orders_tax_part check (tax_minor between 0 and amount_minor),
    currency text not null constraint orders_currency_exists references public.currency,
    refunded_minor bigint not null default 0
        constraint orders_refund_part check (refunded_minor between 0 and amount_minor),
    price_snapshot jsonb not null default '{}',
    terms jsonb not null default '{}',
    expires_at timestamptz null,
    publish_at timestamptz null,
    attempts smallint not null default 0,
    attempt_at timestamptz null,
    problem text null,
    idem_key text null,
    idem_hash text null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    version integer not null default 1,
    constraint orders_idem_once unique (customer_id, idem_key)
);
create unique index orders_one_renewal on public.orders (subscription_id, period_no)
    where kind = 'renewal' and state not in ('cancelled', 'expired');
create index orders_customer on public.orders (customer_id, id);
create index orders_subscription on public.orders (subscription_id, id);
create index orders_tenant on public.orders (tenant_id, id);
create index orders_expiring on public.orders (expires_at) where state in ('draft', 'pending_payment');
create index orders_publishing on public.orders (publish_at) where state = 'draft';
create index orders_activating on public.orders (attempt_at) where state in ('activating', 'activation_failed');
comment on table public.orders is 'what a customer is asked to pay for once; never goes back from paid to unpaid';
comment on column public.orders.no is 'what people and payment providers call it';
comment on column public.orders.amount_minor is 'with tax; what has to come in';
comment on column public.orders.price_snapshot is 'how the amount was made: price, quantity, tax, credit';
comment on column public.orders.terms is '{tenant_name, owner, restart}: what activation needs to know';
comment on column public.orders.publish_at is 'when a drafted renewal is published by itself';
comment on column public.orders.attempt_at is 'when the activation is tried next';

create table public.order_event (
    id bigint generated always as identity constraint order_event_pk primary key,
    order_id uuid not null constraint order_event_of references public.orders,
    at timestamptz not null default now(),
    from_state text null,
    to_state text not null,
    event text not null,
    actor uuid null,
    detail jsonb not null default '{}'
);
create index order_event_by on public.order_event (order_id, id);
comment on table public.order_event is 'every transition of an order; rows are only added';

create table public.payment (
    id uuid constraint payment_pk primary key,
    provider text not null,
    provider_txn text not null,
    method text not null,
    amount_minor bigint not null constraint payment_positive check (amount_minor > 0),
    currency text not null constraint payment_currency_exists references public.currency,
    received_at timestamptz not null,
    external_ref text null,
    evidence_sha256 text null constraint payment_evidence_form check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    claimed_order uuid null constraint payment_claims references public.orders,
    approval_id uuid null,
    recorded_by uuid null,
    recorded_at timestamptz not null default now(),
    constraint payment_txn_once unique (provider, provider_txn)
);
create index payment_claimed on public.payment (claimed_order);
comment on table public.payment is 'money that came in, as its provider names it; never changed';
comment on column public.payment.provider is 'stripe, wechatpay, alipay, …; manual:<method> for what finance confirmed';
comment on column public.payment.claimed_order is 'the order it was meant for, whether or not it settled it';

create table public.payment_application (
    payment_id uuid not null constraint payment_application_payment_exists references public.payment,
    order_id uuid not null constraint payment_application_order_exists references public.orders,
    amount_minor bigint not null constraint payment_application_positive check (amount_minor > 0),
    applied_at timestamptz not null default now(),
    constraint payment_application_pk primary key (payment_id, order_id)
);
create index payment_application_order on public.payment_application (order_id);
comment on table public.payment_application is 'which part of a payment settled which order';

create table public.payment_return (
    id uuid constraint payment_return_pk primary key,
    payment_id uuid not null constraint payment_return_payment_exists references public.payment,
    order_id uuid null constraint payment_return_order_exists references public.orders,
    amount_minor bigint not null constraint payment_return_positive check (amount_minor > 0),
    reference text not null,
    reason text not null,
    approval_id uuid null,
    recorded_by uuid null,
    recorded_at timestamptz not null default now(),
    constraint payment_return_once unique (payment_id, reference)
);
comment on table public.payment_return is 'money that went back';

create table public.payment_event (
    provider text not null,
    event_id text not null,
    raw bytea null,
    sha256 text not null,
    verified boolean not null,
    status text not null default 'received'
        constraint payment_event_status_known check (status in ('received', 'done', 'ignored', 'unmatched', 'failed')),
    order_no text null,
    detail jsonb not null default '{}',
    received_at timestamptz not null default now(),
    done_at timestamptz null,
    constraint payment_event_pk primary key (provider, event_id)
);
create index payment_event_inbox on public.payment_event (received_at) where status = 'received';
comment on table public.payment_event is
    'what providers told us; the id is kept for ever, so that no event has an effect twice';
comment on column public.payment_event.raw is 'the bytes as they came; removed after 400 days';

create table public.finance_task (
    id uuid constraint finance_task_pk primary key,
    kind text not null,
    ref text not null,
    customer_id uuid null,
    order_id uuid null,
    payment_id uuid null,
    detail jsonb not null default '{}',
    created_at timestamptz not null default now(),
    done_at timestamptz null,
    done_by uuid null,
    outcome text null,
    constraint finance_task_once unique (kind, ref)
);
create index finance_task_open on public.finance_task (created_at) where done_at is null;
comment on table public.finance_task is 'what a person of finance has to decide: partial, late, unmatched payments, …';

grant select on public.orders, public.order_event, public.payment, public.payment_application,
    public.payment_return, public.payment_event, public.finance_task to execgov_platform, execgov_lifecycle;
grant insert on public.payment_event to execgov_platform;
grant update (status, order_no, detail, done_at) on public.payment_event to execgov_platform, execgov_lifecycle;
grant insert on public.finance_task to execgov_lifecycle;
grant insert, update on public.finance_task to execgov_platform;

-- Slots: how many things an account may keep. Bought once, never taken back by force: over the limit
-- nothing is deleted and nothing new fits.

create table public.quota_account (
    tenant_id uuid not null constraint quota_account_tenant_exists references public.tenant,
    resource text not null,
    base integer not null constraint quota_account_base_not_negative check (base >= 0),
    used integer not null default 0 constraint quota_account_used_not_negative check (used >= 0),
    constraint quota_account_pk primary key (tenant_id, resource)
);
comment on table public.quota_account is 'a tenant''s limit of one resource is base plus its grants';
comment on column public.quota_account.used is 'counted under the row''s lock by quota_take and quota_give';

create table public.quota_grant (
    id uuid constraint quota_grant_pk primary key,
    tenant_id uuid not null,
    resource text not null,
    order_id uuid null constraint quota_grant_order_once unique
        constraint quota_grant_order_exists references public.orders,
    delta integer not null,
    reason text not null,
    from_at timestamptz not null default now(),
    to_at timestamptz null,
    constraint quota_grant_account foreign key (tenant_id, resource) references public.quota_account
);
create index quota_grant_of on public.quota_grant (tenant_id, resource);
comment on table public.quota_grant is 'what an order added; written in the payment''s transaction, once an order';

create function public.quota_limit(p_tenant uuid, p_resource text) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select a.base + coalesce((
        select sum(g.delta) from public.quota_grant g
        where g.tenant_id = a.tenant_id and g.resource = a.resource
            and (g.to_at is null or g.to_at > now())), 0)::integer
    from public.quota_account a
    where a.tenant_id = p_tenant and a.resource = p_resource);
comment on function public.quota_limit(uuid, text) is 'base and active grants; null: there is no limit';

create function public.quota_take(p_tenant uuid, p_resource text) returns boolean
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.quota_account a
    where a.tenant_id = p_tenant and a.resource = p_resource for no key update;
    if not found then
        return true;
    end if;
    update public.quota_account a set used = used + 1
    where a.tenant_id = p_tenant and a.resource = p_resource
        and a.used < public.quota_limit(p_tenant, p_resource);
    return found;
end
$$;
comment on function public.quota_take(uuid, text) is 'take one, under the account''s lock; false: none is left';

create function public.quota_give(p_tenant uuid, p_resource text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    update public.quota_account a set used = greatest(used - 1, 0)
    where a.tenant_id = p_tenant and a.resource = p_resource;
end;
comment on function public.quota_give(uuid, text) is 'give one back';

grant select on public.quota_account, public.quota_grant to execgov_platform, execgov_lifecycle;
grant execute on function public.quota_limit(uuid, text), public.quota_take(uuid, text),
    public.quota_give(uuid, text) to execgov_platform;
