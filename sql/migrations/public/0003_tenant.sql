-- Tenants, people, and who is what where.

create table public.tenant (
    id uuid constraint tenant_pk primary key,
    schema text not null constraint tenant_schema_once unique
        constraint tenant_schema_form check (schema ~ '^t_[0-9a-f]{16}$'),
    schema_version integer not null default 0,
    stripe integer not null constraint tenant_stripe_exists references public.stripe,
    shard integer not null default 0,
    name text not null constraint tenant_name_length check (char_length(name) between 1 and 200),
    kind text not null constraint tenant_kind_known check (kind in ('personal', 'team')),
    state text not null default 'active'
        constraint tenant_state_known check (state in ('active', 'suspended')),
    suspended_reason text null,
    timezone text not null default 'UTC',
    locale text not null default 'en' constraint tenant_locale_known check (locale in ('en', 'zh-CN')),
    weight integer not null default 1
        constraint tenant_weight_range check (weight between 1 and 1000),
    concurrency_limit integer not null default 16
        constraint tenant_concurrency_range check (concurrency_limit between 0 and 10000),
    paused boolean not null default false,
    store_quota_bytes bigint not null default 5368709120,
    revision integer not null default 1,
    created_at timestamptz not null default now()
);
create index tenant_stripe on public.tenant (stripe);
create index tenant_schema_version on public.tenant (schema_version);
comment on table public.tenant is 'a customer; its data lives in the schema named here';
comment on column public.tenant.schema is 't_ and 64 random bits; also the name of the role that may read it';
comment on column public.tenant.schema_version is 'last file of sql/migrations/tenant this schema has';
comment on column public.tenant.stripe is 'which login role may enter the schema';
comment on column public.tenant.shard is 'which dispatch shard of Redis carries its queues';
comment on column public.tenant.weight is 'share of a lane while others wait';
comment on column public.tenant.concurrency_limit is 'runs at the same time';
comment on column public.tenant.paused is 'accepts work, starts none';
comment on column public.tenant.revision is 'counts edits, for ETag';
-- Rows come from tenant_create alone; schema, stripe and version are not for the API to change.
grant select on public.tenant to execgov_platform;
grant update (shard, name, kind, state, suspended_reason, timezone, locale, weight,
              concurrency_limit, paused, store_quota_bytes, revision)
    on public.tenant to execgov_platform;

create table public.app_user (
    id uuid constraint app_user_pk primary key,
    email text not null constraint app_user_email_once unique
        constraint app_user_email_form
            check (email = lower(email) and char_length(email) between 3 and 254 and email like '%_@_%'),
    name text not null constraint app_user_name_length check (char_length(name) between 1 and 200),
    password_hash text null,
    timezone text null,
    locale text null constraint app_user_locale_known check (locale in ('en', 'zh-CN')),
    state text not null default 'active'
        constraint app_user_state_known check (state in ('active', 'disabled')),
    revision integer not null default 1,
    created_at timestamptz not null default now()
);
comment on table public.app_user is 'a person';
comment on column public.app_user.email is 'lower case; the writer lowers it';
comment on column public.app_user.password_hash is 'argon2id in its own text form; null: cannot log in with a password';
comment on column public.app_user.timezone is 'null: the tenant''s';
comment on column public.app_user.locale is 'null: what the client asks for, else the tenant''s';
grant select, insert, update on public.app_user to execgov_platform;

create table public.membership (
    tenant_id uuid not null constraint membership_tenant_exists references public.tenant,
    user_id uuid not null constraint membership_user_exists references public.app_user,
    role text not null constraint membership_role_known
        check (role in ('owner', 'admin', 'operator', 'approver', 'finance', 'auditor', 'viewer')),
    revision integer not null default 1,
    created_at timestamptz not null default now(),
    constraint membership_pk primary key (tenant_id, user_id)
);
create index membership_user on public.membership (user_id);
comment on table public.membership is 'what a person is in a tenant: one role';
grant select, insert, update, delete on public.membership to execgov_platform;

create table public.platform_role (
    user_id uuid not null constraint platform_role_user_exists references public.app_user,
    role text not null constraint platform_role_known
        check (role in ('platform_admin', 'platform_finance', 'platform_auditor')),
    created_at timestamptz not null default now(),
    constraint platform_role_pk primary key (user_id, role)
);
comment on table public.platform_role is 'what a person is on the platform; there is no magic id';
grant select, insert, delete on public.platform_role to execgov_platform;
