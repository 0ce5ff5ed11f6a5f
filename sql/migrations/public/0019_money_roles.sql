-- as: superuser
-- The money side's login and what its constraints need (docs/decisions/0361-money-in-the-database.md).

create schema gov_ext;
comment on schema gov_ext is 'operator classes of extensions; no function of it is anybody''s to call';
create extension btree_gist with schema gov_ext;
grant usage on schema gov_ext to gov_owner;
do $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'gov_ext'::regnamespace
    loop
        execute format('revoke execute on function %s from public', f);
    end loop;
end
$$;

do $$
declare
    v_verifier text;
begin
    if not exists (select from pg_roles where rolname = 'execgov_lifecycle') then
        create role execgov_lifecycle login noinherit;
    end if;
    execute format('grant connect on database %I to execgov_lifecycle', current_database());
    select verifier into v_verifier from public.login_secret where kind = 'platform';
    if found then
        execute format('alter role execgov_lifecycle password %L', v_verifier);
    end if;
end
$$;
alter role execgov_lifecycle set jit = off;
alter role execgov_lifecycle set search_path = pg_catalog;
alter role execgov_lifecycle set idle_in_transaction_session_timeout = '60s';
alter role execgov_lifecycle set lock_timeout = '2s';
comment on role execgov_lifecycle is
    'the login of execgov-lifecycle: due rows, their actions, deliveries; changes no price and no payment';

create or replace function public.login_password_set(p_kind text, p_verifier text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_role text;
begin
    insert into public.login_secret (kind, verifier) values (p_kind, p_verifier)
    on conflict on constraint login_secret_pk
    do update set verifier = excluded.verifier, updated_at = now();
    for v_role in
        select r from unnest(array['execgov_platform', 'execgov_lifecycle']) r where p_kind = 'platform'
        union all
        select 'execgov_egress' where p_kind = 'egress'
        union all
        select role from public.stripe where p_kind = 'stripe'
    loop
        execute format('alter role %I password %L', v_role, p_verifier);
    end loop;
end
$$;
alter function public.login_password_set(text, text) owner to gov_owner;

grant execute on function public.utc_text(timestamptz) to execgov_lifecycle;
grant execute on function public.database_incarnation() to execgov_lifecycle;
grant execute on function public.audit_add(uuid, uuid, text, text, text, text, text, jsonb) to execgov_lifecycle;
grant execute on function public.tenant_create(uuid, text, text, text, text, uuid) to execgov_lifecycle;
grant select on public.migration, public.platform_setting, public.tenant, public.app_user, public.membership,
    public.platform_role to execgov_lifecycle;
grant insert on public.platform_audit to execgov_lifecycle;
