-- What is sold, in which money, and by which rules it ends. A version never changes: a new price is a new
-- version, and what was bought keeps its own.

create table public.currency (
    code text constraint currency_pk primary key constraint currency_code_form check (code ~ '^[A-Z]{3}$'),
    exponent smallint not null constraint currency_exponent_range check (exponent between 0 and 4)
);
comment on table public.currency is 'ISO 4217 codes that may be billed in; the same table as core/model/money';
comment on column public.currency.exponent is 'digits after the point; amounts are whole minor units';
insert into public.currency (code, exponent)
select unnest(array['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV',
                    'XAF', 'XOF', 'XPF']), 0
union all
select unnest(array['AED', 'ARS', 'AUD', 'BDT', 'BGN', 'BRL', 'CAD', 'CHF', 'CNY', 'COP', 'CZK', 'DKK', 'EGP',
                    'EUR', 'GBP', 'HKD', 'HUF', 'IDR', 'ILS', 'INR', 'KES', 'KHR', 'KZT', 'LAK', 'MAD', 'MNT',
                    'MOP', 'MXN', 'MYR', 'NGN', 'NOK', 'NZD', 'PEN', 'PHP', 'PKR', 'PLN', 'QAR', 'RON', 'RUB',
                    'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'TWD', 'UAH', 'USD', 'UYU', 'ZAR']), 2
union all
select unnest(array['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']), 3
union all
select 'CLF', 4;

create table public.lifecycle_policy (
    code text not null constraint lifecycle_policy_code_form check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    ver integer not null constraint lifecycle_policy_ver_positive check (ver > 0),
    before_days smallint[] not null constraint lifecycle_policy_windows check (cardinality(before_days) <= 8),
    prefill_days smallint not null default 30,
    publish_hours smallint not null default 24,
    send_from smallint not null default 9,
    send_to smallint not null default 18
        constraint lifecycle_policy_hours check (send_from between 0 and 23 and send_to between send_from + 1 and 24),
    shutdown_on_workday boolean not null default false,
    calendar text not null default 'CN',
    created_at timestamptz not null default now(),
    constraint lifecycle_policy_pk primary key (code, ver)
);
comment on table public.lifecycle_policy is
    'when reminders go out; the highest ver of a code counts, and changes nothing that was recorded';
comment on column public.lifecycle_policy.before_days is 'days before the end, falling: {30,15,7,3,1}';
comment on column public.lifecycle_policy.publish_hours is
    'so long finance may look at a drafted renewal before it is published by itself; negative: never';
comment on column public.lifecycle_policy.calendar is 'whose workdays: business_calendar.code';
insert into public.lifecycle_policy (code, ver, before_days) values ('standard', 1, '{30,15,7,3,1}');

create table public.business_calendar (
    code text not null,
    day date not null,
    is_workday boolean not null,
    source text not null,
    constraint business_calendar_pk primary key (code, day)
);
comment on table public.business_calendar is
    'days that are not what their weekday says; a year without a row is unknown: weekdays count then';
comment on column public.business_calendar.source is 'the official notice it was taken from';

create table public.edition (
    code text constraint edition_pk primary key
        constraint edition_code_form check (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    kind text not null constraint edition_kind_known check (kind in ('personal', 'team', 'slots')),
    title jsonb not null,
    created_at timestamptz not null default now()
);
comment on table public.edition is 'an offer; what it costs is in its versions';
comment on column public.edition.kind is 'personal and team are subscribed to; slots are bought once and refill a quota';
comment on column public.edition.title is '{en, zh}';

create table public.edition_version (
    id uuid constraint edition_version_pk primary key,
    edition text not null constraint edition_version_edition_exists references public.edition,
    ver integer not null constraint edition_version_ver_positive check (ver > 0),
    interval_unit text null constraint edition_version_unit_known check (interval_unit in ('day', 'month', 'year')),
    interval_count smallint null constraint edition_version_count_range check (interval_count between 1 and 120),
    price_minor bigint not null constraint edition_version_price_not_negative check (price_minor >= 0),
    currency text not null constraint edition_version_currency_exists references public.currency,
    tax_bp integer not null default 0 constraint edition_version_tax_range check (tax_bp between 0 and 10000),
    tax_inclusive boolean not null default true,
    limits jsonb not null default '{}',
    grace_days smallint not null default 7 constraint edition_version_grace_range check (grace_days between 0 and 365),
    min_grace_days smallint not null default 3
        constraint edition_version_min_grace_range check (min_grace_days between 0 and 60),
    retention_days smallint not null default 90
        constraint edition_version_retention_range check (retention_days between 8 and 3650),
    late_policy text not null default 'restart'
        constraint edition_version_late_known check (late_policy in ('continue', 'restart')),
    policy text not null default 'standard',
    sold_from timestamptz not null default now(),
    sold_to timestamptz null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    constraint edition_version_once unique (edition, ver),
    constraint edition_version_interval_whole check ((interval_unit is null) = (interval_count is null))
);
comment on table public.edition_version is 'terms that never change; only the end of its sale is written later';
comment on column public.edition_version.limits is '{concurrency, members, slots, …}; slots: what one pack adds';
comment on column public.edition_version.interval_unit is 'null: bought once';
comment on column public.edition_version.policy is 'lifecycle_policy.code';

create function public.edition_version_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if (to_jsonb(new) - 'sold_to') is distinct from (to_jsonb(old) - 'sold_to') then
        raise exception 'conflict: a version never changes; make a new one' using errcode = 'GV000';
    end if;
    return new;
end
$$;
comment on function public.edition_version_guard() is 'lets only the end of the sale be written';
create trigger edition_version_never_changes before update on public.edition_version
    for each row execute function public.edition_version_guard();

grant select on public.currency, public.lifecycle_policy, public.business_calendar, public.edition,
    public.edition_version to execgov_platform, execgov_lifecycle;
grant insert, delete on public.business_calendar to execgov_platform;
grant insert on public.lifecycle_policy to execgov_platform;
