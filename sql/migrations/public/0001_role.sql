-- as: superuser
-- Who may what in this database (docs/decisions/0102-rights-in-the-database.md). Roles belong to the cluster,
-- not to the database, so each is made only where it is missing.

do $$
begin
    if not exists (select from pg_roles where rolname = 'gov_owner') then
        create role gov_owner nologin createrole noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'execgov_platform') then
        create role execgov_platform login noinherit;
    end if;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to execgov_platform', current_database());
    execute format('grant create, connect on database %I to gov_owner with grant option',
                   current_database());
end
$$;

-- A claim prepared while its table was empty scans sequentially for ever after: so never.
-- stripe_make gives the stripes the same.
alter role execgov_platform set enable_seqscan = off;
alter role execgov_platform set enable_hashjoin = off;
alter role execgov_platform set enable_mergejoin = off;
alter role execgov_platform set jit = off;
alter role execgov_platform set search_path = pg_catalog;
alter role execgov_platform set idle_in_transaction_session_timeout = '60s';

comment on role gov_owner is
    'owns every schema, table and function of ExecGov; nobody logs in as it and it is granted to nobody';
comment on role execgov_platform is
    'the daemons'' login for schema public; has no right in a tenant''s schema';

alter schema public owner to gov_owner;
revoke all on schema public from public;
-- The my_* views are readable by everybody, because each filters on current_user.
grant usage on schema public to public;

-- What gov_owner makes is nobody's until granted.
alter default privileges for role gov_owner revoke execute on functions from public;
alter default privileges for role gov_owner revoke usage on types from public;

-- Functions and languages with which an expression could become a statement, change the role, reach
-- a file, or hold a lock against a neighbour.
revoke usage on language plpgsql from public;
grant usage on language plpgsql to gov_owner;
do $$
declare
    f regprocedure;
begin
    for f in
        select p.oid::regprocedure
        from pg_proc p
        where p.pronamespace = 'pg_catalog'::regnamespace
          and (p.proname in ('set_config', 'ts_stat', 'ts_rewrite', 'loread', 'lowrite',
                             'pg_notify', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
                             'pg_cancel_backend', 'pg_terminate_backend', 'pg_export_snapshot')
               or p.proname ~ '^(lo_|dblink|pg_advisory_|pg_try_advisory_|pg_logical_emit_message)'
               or p.proname ~ '^(query|cursor|table|schema|database)_to_xml')
          and not (p.proname = 'ts_rewrite' and p.pronargs = 3)
    loop
        execute format('revoke execute on function %s from public', f);
    end loop;
end
$$;
grant execute on function pg_catalog.pg_advisory_xact_lock(bigint) to gov_owner;

create table public.migration (
    version integer constraint migration_pk primary key,
    name text not null,
    sha256 text not null constraint migration_sha256_form check (sha256 ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz not null default now()
);
alter table public.migration owner to gov_owner;
comment on table public.migration is 'which files of sql/migrations/public this database has';
comment on column public.migration.sha256 is
    'of the file as it was applied: a file edited afterwards is found by execgov migrate verify';
grant select on public.migration to execgov_platform;
