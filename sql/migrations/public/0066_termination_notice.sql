-- Who has to be told before the end of his data, and cannot be: no address at all. It is a task instead of a message that nobody
-- gets; an address is given to the customer, or somebody tells him another way and records that.

create table public.termination_notice (
    id uuid constraint termination_notice_pk primary key,
    subscription_id uuid not null constraint termination_notice_of references public.subscription,
    period_no integer not null,
    given_at timestamptz not null,
    method text not null constraint termination_notice_method_form check (method ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    recipient text not null constraint termination_notice_recipient_length check (char_length(recipient) between 1 and 200),
    reference text not null constraint termination_notice_reference_length check (char_length(reference) between 1 and 200),
    evidence_sha256 text null constraint termination_notice_evidence_form check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
    approval_id uuid not null constraint termination_notice_approval_exists references public.approval_request,
    recorded_by uuid not null constraint termination_notice_recorder_exists references public.app_user,
    recorded_at timestamptz not null
);
create index termination_notice_subscription on public.termination_notice (subscription_id, period_no, given_at);
comment on table public.termination_notice is
    'a notice of the end of a tenant''s data (R-7) that was not given by a message of ours; two people say so';
comment on column public.termination_notice.given_at is 'the seven days count from here';
comment on column public.termination_notice.method is 'post, phone, visit, …';
comment on column public.termination_notice.reference is 'where it can be looked up: the number of the letter, the file note';
grant select on public.termination_notice to execgov_platform, execgov_lifecycle;

create function public.customer_unreachable(p_customer uuid, p_tenant uuid) returns boolean
    language sql stable
return not exists (select from public.customer_contact k where k.customer_id = p_customer)
    and not exists (select from public.membership m where m.tenant_id = p_tenant and m.role = 'owner');
comment on function public.customer_unreachable(uuid, uuid) is 'no billing contact and no owner: a message to this customer has no address';
grant execute on function public.customer_unreachable(uuid, uuid) to execgov_platform, execgov_lifecycle;

create function public.termination_untold_add(p_subscription uuid, p_period integer, p_at timestamptz) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.finance_task (id, kind, ref, customer_id, detail, created_at)
    select gen_random_uuid(), 'termination_untold', s.id || ':' || p_period, s.customer_id,
        jsonb_build_object('subscription', s.id, 'customer', c.name, 'tenant', t.name,
            'missing', '["a billing contact of the customer", "an owner of the tenant"]'::jsonb,
            'remedy', jsonb_build_object(
                'en', 'nobody can be told that its data will end: give the customer an address (execgov customer contacts '
                    || s.customer_id || ' --email ADDRESS) or the tenant an owner, and the notice leaves by itself; or tell them another '
                    'way and record it (execgov subscription notice ' || s.id || ')',
                'zh-CN', '无人可接收数据即将到期终止的通知：为客户补充邮箱（execgov customer contacts ' || s.customer_id
                    || ' --email 邮箱）或为租户指定所有者，通知将自动发出；也可另行告知后登记（execgov subscription notice ' || s.id || '）')),
        p_at
    from public.subscription s
    join public.customer c on c.id = s.customer_id
    left join public.tenant t on t.id = s.tenant_id
    where s.id = p_subscription
    on conflict on constraint finance_task_once do nothing;
end;
comment on function public.termination_untold_add(uuid, integer, timestamptz) is
    'a task: nobody can be told of the end of this tenant''s data; who is missing, and what helps';
grant execute on function public.termination_untold_add(uuid, integer, timestamptz) to execgov_lifecycle;

create function public.termination_told(p_subscription uuid, p_actor uuid, p_outcome text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = p_outcome
    where kind = 'termination_untold'
        and done_at is null
        and detail ->> 'subscription' = p_subscription::text;
end;
comment on function public.termination_told(uuid, uuid, text) is 'its notice is on the way or given: that task is over';
grant execute on function public.termination_told(uuid, uuid, text) to execgov_lifecycle;
-- By the kind: such tasks are few, and this is asked for each notice that leaves.
create index finance_task_kind on public.finance_task (kind) where done_at is null;

-- The notice is of this period: one that was given before the customer came back and paid says nothing of now.
drop function public.tenant_drop_notice(uuid);
create function public.tenant_drop_notice(p_subscription uuid, out id uuid, out sent_at timestamptz, out recorded boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select x.id, x.at, x.recorded
    from (
        select o.id, o.ended_at as at, false as recorded
        from public.outbox o
        join public.subscription s on s.id = o.subscription_id
        where o.subscription_id = p_subscription
            and o.event = 'subscription.reminder'
            and o.payload ->> 'window' = 'R-7'
            and (o.payload ->> 'period_no')::integer = s.period_no
            and o.state = 'sent'
        union all
        select n.id, n.given_at, true
        from public.termination_notice n
        join public.subscription s on s.id = n.subscription_id and s.period_no = n.period_no
        where n.subscription_id = p_subscription) x
    order by x.at, x.id
    limit 1;
end;
comment on function public.tenant_drop_notice(uuid) is
    'the first notice of the end of its data that arrived or was given another way; the message says how to take a copy';

alter table public.tenant_drop alter column notice_id drop not null;
alter table public.tenant_drop add column recorded_id uuid null
    constraint tenant_drop_recorded_exists references public.termination_notice;
alter table public.tenant_drop add constraint tenant_drop_noticed check (num_nonnulls(notice_id, recorded_id) = 1);
comment on column public.tenant_drop.recorded_id is 'the notice that was given another way; null: notice_id';

create or replace function public.tenant_drop_begin(
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
    insert into public.tenant_drop (tenant_id, subscription_id, approval_id, reason, requested_by, notice_id, recorded_id,
        noticed_at, export_id, last_seal)
    values (p_tenant, s.id, p_approval, p_reason, p_actor, case when not n.recorded then n.id end, case when n.recorded then n.id end,
        n.sent_at, (select e.id from public.tenant_export e where e.tenant_id = p_tenant order by e.at desc limit 1), v_seal);
    perform public.audit_add(null, p_actor, 'user', 'tenant', 'tenant.drop_begun', 'tenant', p_tenant::text,
        jsonb_build_object('reason', p_reason, 'notice', n.id, 'noticed_at', n.sent_at, 'last_seal', v_seal));
    return public.tenant_drop_json(p_tenant);
end
$$;

create function public.subscription_notice(
    p_subscription uuid, p_id uuid, p_given_at timestamptz, p_method text, p_recipient text, p_reference text, p_evidence text,
    p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    n record;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if exists (select from public.termination_notice t where t.id = p_id) then
        return public.subscription_json(s.id);
    end if;
    if s.state not in ('shutdown', 'cancelled') then
        raise exception 'conflict: only of what is shut down the data come to their end; this is %', s.state using errcode = 'GV000';
    end if;
    select * into n from public.tenant_drop_notice(s.id);
    if n.id is not null then
        raise exception 'conflict: its people were told already, %', public.utc_text(n.sent_at) using errcode = 'GV000';
    end if;
    if p_given_at > public.lifecycle_now() then
        raise exception 'invalid_input: that moment is still to come' using errcode = 'GV000';
    end if;
    if p_given_at < s.state_entered_at then
        raise exception 'conflict: it was shut down only at %; what was said before is not this notice', public.utc_text(s.state_entered_at)
            using errcode = 'GV000';
    end if;
    perform public.approval_claim(p_approval, 'subscription.notice', p_digest);
    insert into public.termination_notice (id, subscription_id, period_no, given_at, method, recipient, reference, evidence_sha256,
        approval_id, recorded_by, recorded_at)
    values (p_id, s.id, s.period_no, p_given_at, p_method, p_recipient, p_reference, p_evidence, p_approval, p_actor,
        public.lifecycle_now());
    -- Bit 12 is R-7: the scan neither sends one nor asks for an address any more, and reckons the proposal from here.
    update public.subscription
    set termination_notice_at = p_given_at, windows_done = windows_done | (1 << 12), next_action_at = public.lifecycle_now(),
        version = version + 1
    where id = s.id;
    perform public.termination_told(s.id, p_actor, 'told another way: ' || p_reference);
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.notice_recorded', 'subscription', s.id::text,
        jsonb_build_object('given_at', p_given_at, 'method', p_method, 'recipient', p_recipient, 'reference', p_reference,
            'evidence_sha256', p_evidence));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_notice(uuid, uuid, timestamptz, text, text, text, text, uuid, uuid, text) is
    'R-7 was given another way than by a message of ours, with somebody else''s approval; the same id again changes nothing';

-- Whom bills and notices reach; whoever waits for one because nobody could be told is looked at now.
create function public.customer_contacts_set(p_customer uuid, p_addresses text[], p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_before jsonb;
begin
    perform from public.customer where id = p_customer for no key update;
    perform public.gov_must(found, 'not_found');
    select coalesce(jsonb_agg(k.endpoint order by k.endpoint), '[]') into v_before
    from public.customer_contact k where k.customer_id = p_customer and k.channel = 'email';
    delete from public.customer_contact
    where customer_id = p_customer and channel = 'email' and endpoint <> all (p_addresses);
    insert into public.customer_contact (customer_id, endpoint)
    select p_customer, a from unnest(p_addresses) a
    on conflict do nothing;
    update public.subscription
    set next_action_at = public.lifecycle_now(), version = version + 1
    where customer_id = p_customer and state in ('shutdown', 'cancelled') and termination_notice_at is null;
    perform public.audit_add(null, p_actor, 'user', 'money', 'customer.contacts_set', 'customer', p_customer::text,
        jsonb_build_object('before', v_before, 'after', to_jsonb(p_addresses)));
end
$$;
comment on function public.customer_contacts_set(uuid, text[], uuid) is
    'these e-mail addresses instead of those there were; none: the tenant''s owners get bills and notices';
grant execute on function public.subscription_notice(uuid, uuid, timestamptz, text, text, text, text, uuid, uuid, text),
    public.customer_contacts_set(uuid, text[], uuid) to execgov_platform;

-- Those that were to be told, when there was nobody: their notice is nowhere, and no scan comes back to it.
select public.termination_untold_add(s.id, s.period_no, public.lifecycle_now())
from public.subscription s
where s.state in ('shutdown', 'cancelled')
    and s.termination_notice_at is not null
    and not exists (
        select from public.outbox o
        where o.subscription_id = s.id and o.event = 'subscription.reminder' and o.payload ->> 'window' = 'R-7'
            and (o.payload ->> 'period_no')::integer = s.period_no);
