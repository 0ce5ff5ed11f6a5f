-- as: superuser
-- The login of execgov-egress: what it may read is granted table by table, tenants' schemas it never enters.

do $$
begin
    if not exists (select from pg_roles where rolname = 'execgov_egress') then
        create role execgov_egress login noinherit;
    end if;
    execute format('grant connect on database %I to execgov_egress', current_database());
end
$$;
alter role execgov_egress set enable_seqscan = off;
alter role execgov_egress set enable_hashjoin = off;
alter role execgov_egress set enable_mergejoin = off;
alter role execgov_egress set jit = off;
alter role execgov_egress set search_path = pg_catalog;
alter role execgov_egress set idle_in_transaction_session_timeout = '60s';
comment on role execgov_egress is
    'the login of execgov-egress, the only process that opens credentials and calls out';

alter table public.login_secret drop constraint login_secret_kind_known;
alter table public.login_secret add constraint login_secret_kind_known
    check (kind in ('platform', 'stripe', 'egress'));

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
        select 'execgov_platform' where p_kind = 'platform'
        union all
        select 'execgov_egress' where p_kind = 'egress'
        union all
        select role from public.stripe where p_kind = 'stripe'
    loop
        execute format('alter role %I password %L', v_role, p_verifier);
    end loop;
end
$$;
