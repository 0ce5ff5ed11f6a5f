-- Who is a customer, and what he has paid for until when. Dates are civil dates of the subscription's
-- zone; their moments are worked out when a row is written, and frozen.

create table public.customer (
    id uuid constraint customer_pk primary key,
    kind text not null constraint customer_kind_known check (kind in ('person', 'company')),
    name text not null constraint customer_name_length check (char_length(name) between 1 and 200),
    user_id uuid null constraint customer_user_exists references public.app_user,
    tz text not null default 'Asia/Shanghai',
    locale text not null default 'zh-CN' constraint customer_locale_known check (locale in ('en', 'zh-CN')),
    note text null,
    created_at timestamptz not null default now()
);
create unique index customer_one_a_user on public.customer (user_id);
comment on table public.customer is 'who is billed; what he is (prospect, active, lapsed, closed) is customer_status';
comment on column public.customer.user_id is 'the person who ordered by himself; null: made by finance';

create table public.customer_contact (
    customer_id uuid not null constraint customer_contact_customer_exists references public.customer,
    channel text not null default 'email',
    endpoint text not null constraint customer_contact_endpoint_length check (char_length(endpoint) between 1 and 500),
    locale text null,
    created_at timestamptz not null default now(),
    constraint customer_contact_pk primary key (customer_id, channel, endpoint)
);
comment on table public.customer_contact is
    'where bills and notices go; without one, the tenant''s owner gets them';

create table public.subscription (
    id uuid constraint subscription_pk primary key,
    customer_id uuid not null constraint subscription_customer_exists references public.customer,
    tenant_id uuid null constraint subscription_tenant_exists references public.tenant
        constraint subscription_one_a_tenant unique,
    edition_version uuid not null constraint subscription_edition_exists references public.edition_version,
    next_edition_version uuid null constraint subscription_next_exists references public.edition_version,
    state text not null default 'pending' constraint subscription_state_known
        check (state in ('pending', 'active', 'grace', 'shutdown', 'cancelled', 'terminated')),
    state_entered_at timestamptz not null default now(),
    tz text not null,
    anchor_date date null,
    anchor_no integer not null default 0,
    period_no integer not null default 0,
    paid_from_at timestamptz null,
    paid_until_date date null,
    paid_until_at timestamptz null,
    cancel_at_period_end boolean not null default false,
    shutdown_due_at timestamptz null,
    final_notice_at timestamptz null,
    termination_notice_at timestamptz null,
    hold_until timestamptz null,
    windows_done integer not null default 0,
    policy text null,
    next_action_at timestamptz null,
    fail_count smallint not null default 0,
    quarantined_at timestamptz null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint subscription_paid_whole check ((period_no = 0) = (paid_until_at is null))
);
create index subscription_due on public.subscription (next_action_at, id)
    where next_action_at is not null and quarantined_at is null;
create index subscription_customer on public.subscription (customer_id, id);
create index subscription_live on public.subscription (id) where state in ('active', 'grace');
comment on table public.subscription is 'a customer''s right to a tenant; history is in subscription_event and subscription_period';
comment on column public.subscription.anchor_date is 'periods from anchor_no on are counted from this day';
comment on column public.subscription.period_no is 'the last paid period; 0: none yet';
comment on column public.subscription.paid_from_at is 'when that period began, or was paid if that was later';
comment on column public.subscription.hold_until is 'the latest of its holds';
comment on column public.subscription.windows_done is 'bit per window of this period (core/model/lifecycle.h)';
comment on column public.subscription.next_action_at is 'when to look again; null: after somebody acted';
comment on column public.subscription.policy is 'lifecycle_policy.code instead of the edition''s';
comment on column public.subscription.quarantined_at is 'five scans failed on this row; somebody has to look';

create table public.subscription_period (
    subscription_id uuid not null constraint subscription_period_of references public.subscription,
    n integer not null constraint subscription_period_n_positive check (n > 0),
    start_date date not null,
    end_date date not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    tz text not null,
    order_id uuid not null constraint subscription_period_order_once unique,
    edition_version uuid not null constraint subscription_period_edition_exists references public.edition_version,
    amount_minor bigint not null,
    currency text not null,
    closed_date date null,
    closed_by uuid null,
    constraint subscription_period_pk primary key (subscription_id, n),
    constraint subscription_period_forward check (start_date < end_date and start_at < end_at),
    constraint subscription_period_closed check (closed_date between start_date and end_date),
    constraint subscription_period_apart exclude using gist
        (subscription_id with =, daterange(start_date, coalesce(closed_date, end_date)) with &&)
);
comment on table public.subscription_period is 'what was paid for, half open; periods of a subscription never overlap';
comment on column public.subscription_period.closed_date is 'a change of edition ended it here; closed_by is that order';

create table public.subscription_event (
    id bigint generated always as identity constraint subscription_event_pk primary key,
    subscription_id uuid not null constraint subscription_event_of references public.subscription,
    at timestamptz not null,
    from_state text null,
    to_state text not null,
    cause text not null,
    ref text null,
    actor uuid null
);
create index subscription_event_by on public.subscription_event (subscription_id, id);
comment on table public.subscription_event is 'every transition of a subscription; rows are only added';
comment on column public.subscription_event.cause is 'payment, scan, refund, request of a person';

create table public.hold (
    id uuid constraint hold_pk primary key,
    subscription_id uuid not null constraint hold_subscription_exists references public.subscription,
    kind text not null constraint hold_kind_known check (kind in ('payment_reported', 'courtesy', 'dispute')),
    order_id uuid null,
    until_at timestamptz not null,
    reason text not null,
    actor uuid null,
    created_at timestamptz not null default now(),
    released_at timestamptz null,
    released_by uuid null,
    constraint hold_capped check (until_at <= created_at + interval '90 days')
);
create unique index hold_once_an_order on public.hold (order_id) where kind = 'payment_reported';
create index hold_subscription on public.hold (subscription_id);
comment on table public.hold is 'keeps a shutdown off until a moment, which there always is; at most 90 days';

create view public.customer_status as
select c.id,
    case
        when s.live > 0 then 'active'
        when s.open > 0 then 'lapsed'
        when s.ever > 0 then 'closed'
        else 'prospect'
    end as status
from public.customer c
cross join lateral (
    select count(*) filter (where state in ('active', 'grace')) as live,
        count(*) filter (where state in ('shutdown', 'cancelled')) as open,
        count(*) filter (where state <> 'pending') as ever
    from public.subscription where customer_id = c.id) s;
comment on view public.customer_status is 'prospect, active, lapsed, closed: derived, never stored';

grant select on public.customer, public.customer_contact, public.customer_status, public.subscription,
    public.subscription_period, public.subscription_event, public.hold to execgov_platform, execgov_lifecycle;
grant insert, update on public.customer to execgov_platform;
grant insert, delete on public.customer_contact to execgov_platform;
grant update (state, state_entered_at, shutdown_due_at, final_notice_at, termination_notice_at, windows_done,
    next_action_at, fail_count, quarantined_at, version) on public.subscription to execgov_lifecycle;
grant insert on public.subscription_event to execgov_lifecycle;
