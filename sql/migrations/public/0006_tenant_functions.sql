-- Making and migrating a tenant. These functions run as gov_owner; their callers have no right to
-- create anything. The only text ever pasted into a statement is a schema name of the checked form.

create function public.stripe_make(p_stripe integer) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_role text := 'execgov_stripe_' || p_stripe;
    v_verifier text;
begin
    -- Two that make the same one: the second waits, then finds it.
    perform pg_advisory_xact_lock(7310002);
    if not exists (select from pg_roles where rolname = v_role) then
        execute format('create role %I login noinherit', v_role);
    end if;
    execute format('alter role %I set enable_seqscan = off', v_role);
    execute format('alter role %I set enable_hashjoin = off', v_role);
    execute format('alter role %I set enable_mergejoin = off', v_role);
    execute format('alter role %I set jit = off', v_role);
    execute format('alter role %I set search_path = pg_catalog', v_role);
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', v_role, '60s');
    execute format('grant connect on database %I to %I', current_database(), v_role);
    select verifier into v_verifier from public.login_secret where kind = 'stripe';
    if found then
        execute format('alter role %I password %L', v_role, v_verifier);
    end if;
    insert into public.stripe (stripe, role) values (p_stripe, v_role)
    on conflict on constraint stripe_pk do nothing;
end
$$;
comment on function public.stripe_make(integer) is
    'make the login role of a stripe, or bring its settings up to date; called by the migrator and by stripe_choose';

create function public.login_password_set(p_kind text, p_verifier text) returns void
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
        select role from public.stripe where p_kind = 'stripe'
    loop
        execute format('alter role %I password %L', v_role, p_verifier);
    end loop;
end
$$;
comment on function public.login_password_set(text, text) is
    'set the password of a kind of login role from its SCRAM verifier, also for stripes made later; called by the migrator';

create function public.stripe_choose() returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_stripe integer;
begin
    select s.stripe into v_stripe
    from public.stripe s
    left join lateral (select count(*) as tenants from public.tenant t where t.stripe = s.stripe) c
        on true
    where c.tenants < 1000
    order by c.tenants, s.stripe
    limit 1;
    if not found then
        select coalesce(max(stripe) + 1, 0) into v_stripe from public.stripe;
        perform public.stripe_make(v_stripe);
    end if;
    return v_stripe;
end
$$;
comment on function public.stripe_choose() is
    'the emptiest stripe; a new one when each has 1,000 tenants';

create function public.tenant_migrate(p_schema text) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_version integer;
    m record;
begin
    if p_schema is null or p_schema !~ '^t_[0-9a-f]{16}$' then
        raise exception 'not a tenant schema: %', coalesce(p_schema, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    select schema_version into v_version from public.tenant where schema = p_schema for update;
    if not found then
        raise exception 'there is no tenant with schema %', p_schema using errcode = 'no_data_found';
    end if;
    for m in
        select version, body from public.tenant_migration where version > v_version order by version
    loop
        execute replace(m.body, '{{t}}', p_schema);
        v_version := m.version;
    end loop;
    update public.tenant set schema_version = v_version
    where schema = p_schema and schema_version <> v_version;
    return v_version;
end
$$;
comment on function public.tenant_migrate(text) is
    'run what sql/migrations/tenant has beyond this tenant''s version, all in the caller''s transaction; returns the version';

create function public.tenant_create(
    p_id uuid, p_name text, p_kind text, p_timezone text, p_locale text, p_owner uuid,
    out schema text, out stripe integer)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_hex text := replace(gen_random_uuid()::text, '-', '');
begin
    -- Digits 13 and 17 of a version 4 UUID are not random: 48 bits before them, 16 from the end.
    schema := 't_' || substr(v_hex, 1, 12) || substr(v_hex, 29, 4);
    stripe := public.stripe_choose();
    insert into public.tenant (id, schema, stripe, name, kind, timezone, locale)
    values (p_id, schema, stripe, p_name, p_kind, p_timezone, p_locale);
    execute format('create role %I nologin noinherit', schema);
    execute format('grant %I to %I', schema, 'execgov_stripe_' || stripe);
    execute format('create schema %I', schema);
    execute format('grant usage on schema %I to %I', schema, schema);
    perform public.tenant_migrate(schema);
    if p_owner is not null then
        insert into public.membership (tenant_id, user_id, role) values (p_id, p_owner, 'owner');
    end if;
    insert into public.platform_audit
        (actor, actor_kind, kind, action, subject_kind, subject, tenant_id)
    values (p_owner, case when p_owner is null then 'system' else 'user' end,
            'tenant', 'tenant.created', 'tenant', p_id::text, p_id);
end
$$;
comment on function public.tenant_create(uuid, text, text, text, text, uuid) is
    'make a tenant: row, role, schema with every migration, owner''s membership, audit; all or nothing with the caller''s transaction';
grant execute on function public.tenant_create(uuid, text, text, text, text, uuid)
    to execgov_platform;
