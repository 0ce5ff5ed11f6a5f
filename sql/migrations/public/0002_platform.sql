-- What there is once per installation.

create table public.platform_setting (
    key text constraint platform_setting_pk primary key,
    value jsonb not null,
    updated_at timestamptz not null default now(),
    updated_by uuid null
);
comment on table public.platform_setting is
    'settings of the installation that people change while it runs, one row each';
grant select, insert, update on public.platform_setting to execgov_platform;

insert into public.platform_setting (key, value)
values ('registration', '"invite"'),      -- off | invite | open
       ('timezone', '"UTC"'),
       ('locale', '"en"'),
       ('incarnation', to_jsonb(gen_random_uuid()));

-- The restored copy of a database must not believe the Redis of its future: a dump that is loaded
-- elsewhere has another system identifier, a point-in-time restore or a promotion another timeline.
create function public.database_incarnation() returns text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (select value #>> '{}' from public.platform_setting where key = 'incarnation')
       || ':' || (select system_identifier from pg_control_system())
       || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
comment on function public.database_incarnation() is
    'changes when this database is a restored or promoted copy; Redis state of another one is not believed';
grant execute on function public.database_incarnation() to execgov_platform;

create table public.tenant_migration (
    version integer constraint tenant_migration_pk primary key,
    name text not null,
    body text not null,
    sha256 text not null constraint tenant_migration_sha256_form check (sha256 ~ '^[0-9a-f]{64}$'),
    stored_at timestamptz not null default now()
);
comment on table public.tenant_migration is
    'the texts of sql/migrations/tenant; tenant_create and tenant_migrate run them';
comment on column public.tenant_migration.body is '{{t}} stands for the schema, which is also the role';
grant select (version, name, sha256, stored_at) on public.tenant_migration to execgov_platform;

create table public.stripe (
    stripe integer constraint stripe_pk primary key constraint stripe_not_negative check (stripe >= 0),
    role text not null constraint stripe_role_once unique,
    created_at timestamptz not null default now()
);
comment on table public.stripe is
    'login roles for tenant schemas: a tenant belongs to one, so no login is a member of more than about 1,000 tenant roles (its first set role would cost 131 ms at 10,000)';
grant select on public.stripe to execgov_platform;

create table public.login_secret (
    kind text constraint login_secret_pk primary key
        constraint login_secret_kind_known check (kind in ('platform', 'stripe')),
    verifier text not null constraint login_secret_is_scram check (verifier like 'SCRAM-SHA-256$%'),
    updated_at timestamptz not null default now()
);
comment on table public.login_secret is
    'SCRAM verifiers of the login roles, so that a stripe made later gets the password of the others; no login role can read it';
