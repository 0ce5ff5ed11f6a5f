-- How messages leave: named ways that the platform sets up. What is secret about one is a credential, which only
-- execgov-egress opens; it is also the one that sends.

create table public.channel (
    name text constraint channel_pk primary key
        constraint channel_name_form check (name ~ '^[a-z][a-z0-9_]{0,30}$'),
    kind text not null constraint channel_kind_known
        check (kind in ('smtp', 'webhook', 'wecom', 'feishu', 'dingtalk', 'sms')),
    tenant_id uuid null constraint channel_tenant_exists references public.tenant,
    title text not null default '' constraint channel_title_length check (char_length(title) <= 200),
    settings jsonb not null default '{}',
    credential_id uuid null constraint channel_credential_exists references public.credential,
    enabled boolean not null default true,
    revision integer not null default 1,
    created_by uuid null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index channel_tenant on public.channel (tenant_id);
create index channel_credential on public.channel (credential_id);
comment on table public.channel is 'a way out for messages; "email" is the one that addresses of people mean';
comment on column public.channel.name is 'outbox.channel';
comment on column public.channel.tenant_id is 'null: everybody''s; else only messages of this tenant, to its own people';
comment on column public.channel.settings is 'by kind (core/model/channel.h); nothing secret';
grant select, insert, delete, update (kind, tenant_id, title, settings, credential_id, enabled, revision, updated_at)
    on public.channel to execgov_platform;
grant select on public.channel to execgov_lifecycle, execgov_egress;

-- Egress believes nobody: it reads what it is asked to send, and only while it is being sent.
grant select (id, action_key, event, channel, endpoint, tenant_id, message_id, state, attempts) on public.outbox
    to execgov_egress;

create function public.channel_json(p_name text) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'name', c.name, 'kind', c.kind, 'tenant', c.tenant_id, 'title', c.title, 'settings', c.settings,
        'credential', k.name, 'enabled', c.enabled, 'revision', c.revision,
        'created_at', public.utc_text(c.created_at), 'updated_at', public.utc_text(c.updated_at))
    from public.channel c
    left join public.credential k on k.id = c.credential_id
    where c.name = p_name);
comment on function public.channel_json(text) is 'a channel as the API shows it';
grant execute on function public.channel_json(text) to execgov_platform;

create function public.message_json(p_outbox uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', o.id, 'event', o.event, 'channel', o.channel, 'endpoint', o.endpoint, 'tenant', o.tenant_id,
        'user', o.user_id, 'subscription', o.subscription_id, 'locale', o.locale, 'key', o.action_key,
        'state', o.state, 'reason', o.reason, 'attempts', o.attempts,
        'next_at', case when o.ended_at is null then public.utc_text(o.next_at) end,
        'created_at', public.utc_text(o.created_at), 'ended_at', public.utc_text(o.ended_at),
        'log', coalesce((
            select jsonb_agg(jsonb_build_object(
                'n', a.n, 'started_at', public.utc_text(a.started_at), 'outcome', r.outcome, 'code', r.code,
                'provider_code', r.provider_code, 'latency_ms', r.latency_ms, 'body_sha256', r.body_sha256,
                'detail', r.detail) order by a.n)
            from public.delivery_attempt a
            left join public.delivery_result r on r.outbox_id = a.outbox_id and r.n = a.n
            where a.outbox_id = o.id), '[]'))
    from public.outbox o
    where o.id = p_outbox);
comment on function public.message_json(uuid) is 'a message with its attempts, without what it says';
grant execute on function public.message_json(uuid) to execgov_platform;
create index outbox_newest on public.outbox (created_at, id);

-- What a person may do about one that has ended: have it sent again, once more from the start.
create function public.message_again(p_outbox uuid) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
begin
    select state into v_state from public.outbox where id = p_outbox for no key update;
    if not found then
        return 'not_found';
    end if;
    if v_state not in ('dead', 'unknown', 'suppressed') then
        return 'conflict';
    end if;
    update public.outbox
    set state = 'pending', reason = null, resends = 0, next_at = public.lifecycle_now(), ended_at = null,
        expires_at = greatest(expires_at, public.lifecycle_now() + interval '1 day')
    where id = p_outbox;
    return 'ok';
end
$$;
comment on function public.message_again(uuid) is
    'send a message that was given up again, under the same message id; its guard is still asked: ok, not_found, conflict';
grant execute on function public.message_again(uuid) to execgov_platform;
