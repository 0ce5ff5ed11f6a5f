-- Everything the platform tells somebody leaves through one table. A row is written in the transaction
-- of what it tells, with its data frozen; it is sent later, and only if its guard still holds then.
--
--     pending -> sending -> sent | retry -> … | dead | suppressed | unknown

create table public.outbox (
    id uuid constraint outbox_pk primary key default gen_random_uuid(),
    action_key text not null,
    event text not null constraint outbox_event_form check (event ~ '^[a-z][a-z0-9_.]{0,62}$'),
    channel text not null constraint outbox_channel_form check (channel ~ '^[a-z][a-z0-9_]{0,30}$'),
    endpoint text not null constraint outbox_endpoint_length check (char_length(endpoint) between 1 and 500),
    tenant_id uuid null,
    subscription_id uuid null,
    user_id uuid null,
    locale text not null default 'zh-CN',
    payload jsonb not null,
    guard jsonb null,
    message_id text not null,
    state text not null default 'pending' constraint outbox_state_known
        check (state in ('pending', 'sending', 'sent', 'retry', 'dead', 'suppressed', 'unknown')),
    reason text null,
    attempts smallint not null default 0,
    resends smallint not null default 0,
    next_at timestamptz not null,
    lease_until timestamptz null,
    expires_at timestamptz null,
    created_at timestamptz not null default now(),
    ended_at timestamptz null,
    constraint outbox_key_once unique (action_key, channel, endpoint)
) with (fillfactor = 85);
create index outbox_due on public.outbox (next_at, id) where state in ('pending', 'retry', 'sending');
create index outbox_tenant on public.outbox (tenant_id, id);
create index outbox_subscription on public.outbox (subscription_id);
comment on table public.outbox is 'messages to people and systems; one a key, channel and endpoint';
comment on column public.outbox.action_key is 'of what it tells: the same act twice is one message';
comment on column public.outbox.payload is 'the data as they were; the template''s version is among them';
comment on column public.outbox.guard is 'what must still hold at sending: {subscription, period_no, state}';
comment on column public.outbox.message_id is 'stable over repeats: Message-ID, webhook-id';
comment on column public.outbox.expires_at is 'after this it is dead: the next message says it better';

create table public.delivery_attempt (
    outbox_id uuid not null constraint delivery_attempt_of references public.outbox,
    n smallint not null,
    started_at timestamptz not null default clock_timestamp(),
    constraint delivery_attempt_pk primary key (outbox_id, n)
);
comment on table public.delivery_attempt is 'written before the socket is opened: what may have been sent is known';

create table public.delivery_result (
    outbox_id uuid not null,
    n smallint not null,
    ended_at timestamptz not null default clock_timestamp(),
    outcome text not null,
    code integer null,
    provider_code text null,
    latency_ms integer null,
    body_sha256 text null,
    detail text null,
    constraint delivery_result_pk primary key (outbox_id, n),
    constraint delivery_result_of foreign key (outbox_id, n) references public.delivery_attempt
);
comment on table public.delivery_result is 'what became of an attempt; none: the process died over it';

do $$
declare
    t text;
begin
    foreach t in array array['delivery_attempt', 'delivery_result']
    loop
        execute format('create trigger %I before update or delete on public.%I for each row '
                       'execute function public.fact_guard()', t || '_only_grows', t);
    end loop;
end
$$;

create function public.outbox_add(
    p_key text, p_event text, p_channel text, p_endpoint text, p_tenant uuid, p_subscription uuid,
    p_user uuid, p_locale text, p_payload jsonb, p_guard jsonb, p_next_at timestamptz,
    p_expires_at timestamptz) returns uuid
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, user_id,
        locale, payload, guard, message_id, next_at, expires_at)
    values (p_key, p_event, p_channel, p_endpoint, p_tenant, p_subscription, p_user,
        coalesce(p_locale, 'zh-CN'), coalesce(p_payload, '{}'), p_guard, gen_random_uuid()::text,
        coalesce(p_next_at, now()), p_expires_at)
    on conflict on constraint outbox_key_once do nothing
    returning id;
end;
comment on function public.outbox_add(text, text, text, text, uuid, uuid, uuid, text, jsonb, jsonb, timestamptz, timestamptz) is
    'one message, in the caller''s transaction; null when its key was there. Every producer goes through here';

create function public.outbox_guard_holds(p_guard jsonb) returns text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return case
    when p_guard is null or p_guard ->> 'subscription' is null then null
    else (
        select case
            when s.period_no <> (p_guard ->> 'period_no')::integer then 'paid_meanwhile'
            when p_guard ? 'state' and s.state <> p_guard ->> 'state' then 'state_changed'
            when p_guard ? 'before' and (p_guard ->> 'before')::timestamptz <= public.lifecycle_now() then 'too_late'
        end
        from public.subscription s
        where s.id = (p_guard ->> 'subscription')::uuid)
    end;
comment on function public.outbox_guard_holds(jsonb) is 'null: it may be sent; else why it may not any more';

grant select on public.outbox, public.delivery_attempt, public.delivery_result to execgov_platform, execgov_lifecycle;
grant insert on public.outbox, public.delivery_attempt, public.delivery_result to execgov_lifecycle;
grant update (state, reason, attempts, resends, next_at, lease_until, ended_at) on public.outbox to execgov_lifecycle;
grant execute on function public.outbox_guard_holds(jsonb) to execgov_lifecycle;
grant execute on function public.outbox_add(text, text, text, text, uuid, uuid, uuid, text, jsonb, jsonb,
    timestamptz, timestamptz) to execgov_platform, execgov_lifecycle;
