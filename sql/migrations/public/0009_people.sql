-- What the people's endpoints need: one audit for acts that touch public tables and concern a
-- tenant, and the shapes in which people and tenants are shown.

-- Memberships, tokens and a tenant's state are rows of public, their audit belongs into the tenant:
-- this is the only thing the platform's login can do in a tenant's schema, and it only adds.
create function public.audit_add(
    p_tenant uuid, p_actor uuid, p_actor_kind text, p_kind text, p_action text,
    p_subject_kind text, p_subject text, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema text;
begin
    select schema into v_schema from public.tenant where id = p_tenant;
    if v_schema is null then
        insert into public.platform_audit
            (actor, actor_kind, kind, action, subject_kind, subject, detail)
        values (p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject,
                coalesce(p_detail, '{}'));
        return;
    end if;
    execute format('insert into %I.audit_event '
                   '(actor, actor_kind, kind, action, subject_kind, subject, detail) '
                   'values ($1, $2, $3, $4, $5, $6, $7)', v_schema)
        using p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject,
              coalesce(p_detail, '{}');
end
$$;
comment on function public.audit_add(uuid, uuid, text, text, text, text, text, jsonb) is
    'add one audit row to the tenant, or to the platform''s audit where p_tenant is null or unknown; in the caller''s transaction';
grant execute on function public.audit_add(uuid, uuid, text, text, text, text, text, jsonb)
    to execgov_platform;

create function public.utc_text(p_at timestamptz) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
comment on function public.utc_text(timestamptz) is 'RFC 3339 in UTC with microseconds, as the API shows times';
grant execute on function public.utc_text(timestamptz) to execgov_platform;

create function public.user_json(p_user uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', u.id, 'email', u.email, 'name', u.name, 'locale', u.locale, 'timezone', u.timezone,
        'created_at', public.utc_text(u.created_at),
        'last_login_at', (
            select public.utc_text(max(s.created_at)) from public.session s where s.user_id = u.id),
        'platform_roles', (
            select coalesce(jsonb_agg(r.role order by r.role), '[]')
            from public.platform_role r
            where r.user_id = u.id))
    from public.app_user u
    where u.id = p_user);
comment on function public.user_json(uuid) is 'a person as the API shows him (User); null if there is none';
grant execute on function public.user_json(uuid) to execgov_platform;

create function public.tenant_json(p_tenant uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', t.id, 'name', t.name, 'kind', t.kind, 'state', t.state, 'timezone', t.timezone,
        'locale', t.locale, 'created_at', public.utc_text(t.created_at),
        'members', (select count(*) from public.membership m where m.tenant_id = t.id),
        'suspended_reason', t.suspended_reason)
    from public.tenant t
    where t.id = p_tenant);
comment on function public.tenant_json(uuid) is 'a tenant as the API shows it (Tenant); null if there is none';
grant execute on function public.tenant_json(uuid) to execgov_platform;

create function public.memberships_json(p_user uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select coalesce(jsonb_agg(jsonb_build_object(
            'id', t.id, 'name', t.name, 'role', m.role, 'state', t.state)
        order by t.name, t.id), '[]')
    from public.membership m
    join public.tenant t on t.id = m.tenant_id
    where m.user_id = p_user);
comment on function public.memberships_json(uuid) is 'the tenants a person belongs to (TenantMembership), by name';
grant execute on function public.memberships_json(uuid) to execgov_platform;
