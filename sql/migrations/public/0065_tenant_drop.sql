-- The end of a tenant: an export its owner took with him, a week's notice, two people, then schema, role and files go. The
-- money side and the platform's audit stay. What stands here is the proof that it was done as the rules want it.

-- What is done to a tenant by two people names both, as acts over money do.
create or replace function public.audit_add(
    p_tenant uuid, p_actor uuid, p_actor_kind text, p_kind text, p_action text,
    p_subject_kind text, p_subject text, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema text;
    v_detail jsonb := coalesce(p_detail, '{}');
begin
    if p_kind in ('money', 'billing', 'tenant') then
        v_detail := v_detail || coalesce(public.approval_of_this_act(), '{}');
    end if;
    -- Of a tenant whose schema was dropped nothing is left but the platform's own audit.
    select schema into v_schema from public.tenant where id = p_tenant and state <> 'terminated';
    if v_schema is null then
        insert into public.platform_audit
            (actor, actor_kind, kind, action, subject_kind, subject, detail, tenant_id)
        values (p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject, v_detail,
            (select t.id from public.tenant t where t.id = p_tenant));
        return;
    end if;
    execute format('insert into %I.audit_event '
                   '(actor, actor_kind, kind, action, subject_kind, subject, detail) '
                   'values ($1, $2, $3, $4, $5, $6, $7)', v_schema)
        using p_actor, p_actor_kind, p_kind, p_action, p_subject_kind, p_subject, v_detail;
end
$$;

create table public.tenant_export (
    id uuid constraint tenant_export_pk primary key,
    tenant_id uuid not null constraint tenant_export_tenant_exists references public.tenant,
    user_id uuid not null constraint tenant_export_user_exists references public.app_user,
    at timestamptz not null default now(),
    manifest_sha256 text not null constraint tenant_export_sha256_form check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    records bigint not null constraint tenant_export_records_positive check (records >= 0),
    files bigint not null constraint tenant_export_files_positive check (files >= 0),
    bytes bigint not null constraint tenant_export_bytes_positive check (bytes >= 0),
    constraint tenant_export_once unique (tenant_id, manifest_sha256)
);
comment on table public.tenant_export is 'an owner has a whole copy of the tenant: its manifest''s digest; rows are only added';
create trigger tenant_export_only_grows before update or delete on public.tenant_export
    for each row execute function public.fact_guard();
grant select, insert on public.tenant_export to execgov_platform;

create table public.tenant_drop (
    tenant_id uuid constraint tenant_drop_pk primary key
        constraint tenant_drop_tenant_exists references public.tenant,
    subscription_id uuid not null constraint tenant_drop_subscription_exists references public.subscription,
    approval_id uuid not null constraint tenant_drop_approval_exists references public.approval_request,
    reason text not null,
    requested_by uuid not null constraint tenant_drop_requester_exists references public.app_user,
    notice_id uuid not null constraint tenant_drop_notice_exists references public.outbox,
    noticed_at timestamptz not null,
    export_id uuid null constraint tenant_drop_export_exists references public.tenant_export,
    last_seal jsonb null,
    begun_at timestamptz not null default now(),
    ended_at timestamptz null
);
comment on table public.tenant_drop is 'a tenant whose data are being removed, or are gone; no approval is needed twice to go on';
comment on column public.tenant_drop.notice_id is 'the message that told its people, a week before, and offered them the export';
comment on column public.tenant_drop.export_id is 'the copy they took; null: it was offered and nobody did';
comment on column public.tenant_drop.last_seal is 'the end of the tenant''s own audit: what an exported one is held against';
grant select on public.tenant_drop to execgov_platform;

create function public.tenant_drop_notice(p_subscription uuid, out id uuid, out sent_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select o.id, o.ended_at
    from public.outbox o
    where o.subscription_id = p_subscription
        and o.event = 'subscription.reminder'
        and o.payload ->> 'window' = 'R-7'
        and o.state = 'sent'
    order by o.ended_at, o.id
    limit 1;
end;
comment on function public.tenant_drop_notice(uuid) is
    'the first message about the end of its data that arrived; it says how to take a copy';

create function public.tenant_drop_checks(p_tenant uuid) returns table (name text, ok boolean, detail text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    n record;
    v_orders text;
    v_money text;
begin
    select * into s from public.subscription x where x.tenant_id = p_tenant
    order by x.state <> 'terminated' desc, x.created_at desc
    limit 1;
    name := 'terminated';
    ok := coalesce(s.state = 'terminated', false);
    detail := coalesce('its subscription is ' || s.state, 'it has no subscription');
    return next;
    select * into n from public.tenant_drop_notice(s.id);
    name := 'notice';
    ok := coalesce(n.sent_at + interval '7 days' <= now(), false)
        and coalesce(s.termination_notice_at + interval '7 days' <= public.lifecycle_now(), false);
    detail := coalesce('sent ' || public.utc_text(n.sent_at), 'no notice with the offer of a copy has been sent');
    return next;
    select string_agg(o.no || ' ' || o.state, ', ' order by o.no) into v_orders
    from public.orders o
    where (o.tenant_id = p_tenant or o.subscription_id in (select x.id from public.subscription x where x.tenant_id = p_tenant))
        and o.state in ('pending_payment', 'payment_reported', 'paid', 'activating', 'activation_failed');
    name := 'orders';
    ok := v_orders is null;
    detail := coalesce(v_orders, 'none is open');
    return next;
    -- What belongs to a customer who goes on with something else stays his; of the others nothing may be left here.
    select string_agg(m.what, ', ' order by m.what) into v_money
    from (
        select 'payment ' || p.provider_txn || ' waits' as what
        from public.payment p
        join public.orders o on o.id = p.claimed_order and o.customer_id = s.customer_id
        where not exists (select from public.payment_application a where a.payment_id = p.id)
            and not exists (select from public.payment_return r where r.payment_id = p.id)
        union all
        select 'credit of ' || -sum(e.amount_minor) || ' ' || e.currency
        from public.ledger_entry e
        where e.account = 'CUSTOMER_CREDIT:' || s.customer_id
        group by e.currency
        having sum(e.amount_minor) <> 0) m
    where not exists (
        select from public.subscription x
        where x.customer_id = s.customer_id and x.state not in ('terminated', 'pending'));
    name := 'balance';
    ok := v_money is null;
    detail := coalesce(v_money, 'settled');
    return next;
end
$$;
comment on function public.tenant_drop_checks(uuid) is 'what has to hold before a tenant''s data may go, and how it is';

create function public.tenant_drop_json(p_tenant uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'tenant_id', t.id, 'name', t.name,
        'state', case when d.ended_at is not null then 'dropped' when d.tenant_id is not null then 'dropping' else 'kept' end,
        'checks', case when d.tenant_id is null then (
            select jsonb_agg(jsonb_build_object('name', c.name, 'ok', c.ok, 'detail', c.detail))
            from public.tenant_drop_checks(t.id) c) else '[]' end,
        'noticed_at', public.utc_text(d.noticed_at),
        'export', (
            select jsonb_build_object('at', public.utc_text(e.at), 'by', u.email, 'manifest_sha256', e.manifest_sha256,
                'records', e.records, 'files', e.files, 'bytes', e.bytes)
            from public.tenant_export e
            join public.app_user u on u.id = e.user_id
            where e.tenant_id = t.id
            order by e.at desc
            limit 1),
        'reason', d.reason, 'requested_by', (select u.email from public.app_user u where u.id = d.requested_by),
        'approval', d.approval_id, 'begun_at', public.utc_text(d.begun_at), 'ended_at', public.utc_text(d.ended_at),
        'last_seal', d.last_seal)
    from public.tenant t
    left join public.tenant_drop d on d.tenant_id = t.id
    where t.id = p_tenant);
comment on function public.tenant_drop_json(uuid) is 'the end of a tenant as the API shows it (TenantDrop); null: there is no such tenant';

create function public.tenant_drop_begin(
    p_tenant uuid, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    c record;
    n record;
    v_schema text;
    v_seal jsonb;
begin
    perform from public.customer k
    where k.id = (select x.customer_id from public.subscription x where x.tenant_id = p_tenant limit 1)
    for no key update;
    select * into s from public.subscription x where x.tenant_id = p_tenant for no key update;
    select t.schema into v_schema from public.tenant t where t.id = p_tenant for no key update;
    perform public.gov_must(v_schema is not null, 'not_found');
    if exists (select from public.tenant_drop d where d.tenant_id = p_tenant) then
        return public.tenant_drop_json(p_tenant);
    end if;
    for c in select * from public.tenant_drop_checks(p_tenant) k where not k.ok
    loop
        raise exception 'conflict: %',
            case c.name
                when 'terminated' then 'only a tenant whose subscription was terminated is dropped: '
                when 'notice' then 'its people were not told a week ago: '
                when 'orders' then 'an order of it is not at its end: '
                else 'money of its customer is not settled: '
            end || c.detail using errcode = 'GV000';
    end loop;
    perform public.approval_claim(p_approval, 'tenant.drop', p_digest);
    select * into n from public.tenant_drop_notice(s.id);
    execute format('select jsonb_build_object(''last_id'', x.last_id, ''digest'', encode(x.digest, ''hex'')) '
                   'from %I.audit_seal x order by x.last_id desc limit 1', v_schema)
        into v_seal;
    insert into public.tenant_drop (tenant_id, subscription_id, approval_id, reason, requested_by, notice_id, noticed_at,
        export_id, last_seal)
    values (p_tenant, s.id, p_approval, p_reason, p_actor, n.id, n.sent_at,
        (select e.id from public.tenant_export e where e.tenant_id = p_tenant order by e.at desc limit 1), v_seal);
    perform public.audit_add(null, p_actor, 'user', 'tenant', 'tenant.drop_begun', 'tenant', p_tenant::text,
        jsonb_build_object('reason', p_reason, 'notice', n.id, 'noticed_at', n.sent_at, 'last_seal', v_seal));
    return public.tenant_drop_json(p_tenant);
end
$$;
comment on function public.tenant_drop_begin(uuid, text, uuid, uuid, text) is
    'the decision, by two people, that a tenant''s data go; nothing is removed yet';

create function public.tenant_drop_end(p_tenant uuid, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '5s'
as $$
declare
    d public.tenant_drop;
    t public.tenant;
    v_left bigint;
begin
    select * into d from public.tenant_drop x where x.tenant_id = p_tenant for update;
    perform public.gov_must(found, 'not_found');
    if d.ended_at is not null then
        return public.tenant_drop_json(p_tenant);
    end if;
    select * into t from public.tenant x where x.id = p_tenant for update;
    execute format('select (select count(*) from %1$I.file f where f.deleted_at is null) + (select count(*) from %1$I.upload)', t.schema)
        into v_left;
    perform public.gov_must(v_left = 0, 'stale');
    update public.tenant
    set state = 'terminated', run_allowed = false, write_allowed = false, login_allowed = false,
        state_version = state_version + 1, revision = revision + 1
    where id = p_tenant;
    execute format('drop schema %I cascade', t.schema);
    execute format('drop role %I', t.schema);
    delete from public.mark where tenant_id = p_tenant;
    delete from public.retention where tenant_id = p_tenant;
    delete from public.dead_letter_tenant where tenant_id = p_tenant;
    delete from public.queue_limit where tenant_id = p_tenant;
    delete from public.session where tenant_id = p_tenant;
    update public.api_token set revoked_at = coalesce(revoked_at, now()) where tenant_id = p_tenant;
    delete from public.membership where tenant_id = p_tenant;
    update public.invitation set expires_at = least(expires_at, now()) where tenant_id = p_tenant;
    delete from public.http_grant where tenant_id = p_tenant;
    delete from public.channel where tenant_id = p_tenant;
    delete from public.credential where tenant_id = p_tenant;
    update public.tenant_drop set ended_at = now() where tenant_id = p_tenant;
    perform public.audit_add(null, p_actor, 'user', 'tenant', 'tenant.dropped', 'tenant', p_tenant::text,
        jsonb_build_object('schema', t.schema, 'requested_by', d.requested_by, 'approval', d.approval_id));
    return public.tenant_drop_json(p_tenant);
end
$$;
comment on function public.tenant_drop_end(uuid, uuid) is
    'schema, role and everything of public that is only of use with them, in one transaction; the files are gone before. Again: nothing';

-- The end of a subscription waits for the same message: whoever was never told can still log in and take a copy.
create or replace function public.subscription_terminate(
    p_subscription uuid, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
    v_retention integer;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    select retention_days into v_retention from public.edition_version where id = s.edition_version;
    if s.state not in ('shutdown', 'cancelled')
        or s.state_entered_at + make_interval(days => v_retention) > public.lifecycle_now()
        or s.termination_notice_at is null
        or s.termination_notice_at + interval '7 days' > public.lifecycle_now() then
        raise exception 'conflict: its data are still to be kept, or the notice is younger than 7 days'
            using errcode = 'GV000';
    end if;
    if s.tenant_id is not null and (select n.id from public.tenant_drop_notice(s.id) n) is null then
        raise exception 'conflict: its people were not told a week ago: no notice with the offer of a copy has been sent'
            using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'subscription.terminate', p_digest);
    update public.subscription
    set state = 'terminated', state_entered_at = public.lifecycle_now(), next_action_at = null, version = version + 1
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, public.lifecycle_now(), s.state, 'terminated', 'approval', p_approval::text, p_actor);
    if s.tenant_id is not null then
        perform public.tenant_block_set(s.tenant_id, 'billing', 4::smallint, 'terminating', null, s.id::text);
    end if;
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.terminated', 'subscription', s.id::text, '{}');
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_terminate(uuid, uuid, uuid, text) is
    'S8: final; nobody logs in any more, the data stay until tenant_drop_begin and tenant_drop_end';

grant execute on function public.tenant_drop_json(uuid), public.tenant_drop_begin(uuid, text, uuid, uuid, text),
    public.tenant_drop_end(uuid, uuid) to execgov_platform;
