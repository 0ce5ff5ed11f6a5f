-- How a person wants to be told: on which channels, when not, and what not. Without a row: by mail, at once.
-- Language and time zone are the person's own (app_user).

create table public.notice_setting (
    user_id uuid constraint notice_setting_pk primary key
        constraint notice_setting_user_exists references public.app_user,
    quiet_from time null,
    quiet_to time null,
    break_quiet boolean not null default true,
    muted text[] not null default '{}',
    updated_at timestamptz not null default now(),
    constraint notice_setting_quiet_whole check ((quiet_from is null) = (quiet_to is null) and quiet_from is distinct from quiet_to
        or quiet_from is null)
);
comment on table public.notice_setting is 'when and what a person is told';
comment on column public.notice_setting.quiet_from is 'local time of the person; messages wait until quiet_to';
comment on column public.notice_setting.break_quiet is 'confirmations that wait for the person come at once all the same';
comment on column public.notice_setting.muted is 'beginnings of events that are not wanted; confirmations that wait for one cannot be muted';
grant select, insert, update on public.notice_setting to execgov_platform;

create table public.notice_address (
    user_id uuid not null constraint notice_address_user_exists references public.app_user,
    channel text not null constraint notice_address_channel_exists references public.channel on delete cascade,
    endpoint text not null constraint notice_address_endpoint_length check (char_length(endpoint) between 1 and 500),
    constraint notice_address_pk primary key (user_id, channel)
);
create index notice_address_channel on public.notice_address (channel);
comment on table public.notice_address is 'where a person is told; none: by mail to the person''s own address';
grant select, insert, delete on public.notice_address to execgov_platform;

alter table public.credential add column expires_at timestamptz null;
comment on column public.credential.expires_at is 'when the partner will not take it any more; somebody is told 14, 7 and 1 days before';
create index credential_expires on public.credential (expires_at) where expires_at is not null;
create index api_token_expires on public.api_token (expires_at) where revoked_at is null and expires_at is not null;
grant update (expires_at) on public.credential to execgov_platform;
create or replace function public.credential_json(p_credential uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', c.id, 'name', c.name, 'description', c.description, 'tenant', c.tenant_id,
        'version', c.version, 'key', v.key_id, 'expires_at', public.utc_text(c.expires_at),
        'created_at', public.utc_text(c.created_at), 'updated_at', public.utc_text(c.updated_at))
    from public.credential c
    left join public.credential_value v on v.credential_id = c.id and v.version = c.version
    where c.id = p_credential);

create function public.quiet_ends(p_at timestamptz, p_timezone text, p_from time, p_to time) returns timestamptz
    language sql immutable
    set search_path = pg_catalog, pg_temp
return (
    select case
        when p_from is null then p_at
        when p_from < p_to and l.clock >= p_from and l.clock < p_to then (l.day + p_to) at time zone p_timezone
        when p_from > p_to and l.clock >= p_from then (l.day + 1 + p_to) at time zone p_timezone
        when p_from > p_to and l.clock < p_to then (l.day + p_to) at time zone p_timezone
        else p_at
    end
    from (select (p_at at time zone p_timezone)::date as day, (p_at at time zone p_timezone)::time as clock) l);
comment on function public.quiet_ends(timestamptz, text, time, time) is
    'the moment itself, or the end of the quiet hours it lies in';

-- Every message to a person goes through here, in the transaction of what it tells.
create function public.person_notify(
    p_user uuid, p_tenant uuid, p_key text, p_event text, p_payload jsonb, p_urgent boolean, p_expires timestamptz)
    returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    with person as (
        select u.id, u.email, coalesce(u.locale, t.locale, 'zh-CN') as locale,
            case when s.quiet_from is null or (p_urgent and s.break_quiet) then public.lifecycle_now()
                 else public.quiet_ends(public.lifecycle_now(), coalesce(u.timezone, t.timezone, 'Asia/Shanghai'),
                                        s.quiet_from, s.quiet_to)
            end as at
        from public.app_user u
        left join public.tenant t on t.id = p_tenant
        left join public.notice_setting s on s.user_id = u.id
        where u.id = p_user
            and u.state = 'active'
            and (p_urgent or not exists (
                select from unnest(s.muted) m where starts_with(p_event, m)))
    ), chosen as (
        select a.channel, a.endpoint
        from public.notice_address a
        join public.channel c on c.name = a.channel
            and c.enabled
            and (c.tenant_id is null or c.tenant_id = p_tenant)
        where a.user_id = p_user
    ), ways as (
        select channel, endpoint from chosen
        union all
        select 'email', p.email from person p where not exists (select from chosen)
    )
    insert into public.outbox (action_key, event, channel, endpoint, tenant_id, user_id, locale, payload, message_id,
        next_at, expires_at)
    select p_key, p_event, w.channel, w.endpoint, p_tenant, p.id, p.locale, p_payload, gen_random_uuid()::text, p.at,
        greatest(p_expires, p.at + interval '1 hour')
    from person p
    cross join ways w
    on conflict on constraint outbox_key_once do nothing;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
comment on function public.person_notify(uuid, uuid, text, text, jsonb, boolean, timestamptz) is
    'one message on each of the person''s channels, after the quiet hours unless it is urgent; how many were written';
grant execute on function public.person_notify(uuid, uuid, text, text, jsonb, boolean, timestamptz)
    to execgov_platform, execgov_lifecycle;

create function public.tenant_notify(
    p_tenant uuid, p_roles text[], p_key text, p_event text, p_payload jsonb, p_expires timestamptz) returns integer
    language sql security definer
    set search_path = pg_catalog, pg_temp
return (
    select coalesce(sum(public.person_notify(m.user_id, p_tenant, p_key, p_event, p_payload, false, p_expires)), 0)::integer
    from public.membership m
    where m.tenant_id = p_tenant
        and m.role = any (p_roles));
comment on function public.tenant_notify(uuid, text[], text, text, jsonb, timestamptz) is 'everybody of these roles';

create function public.platform_notify(p_roles text[], p_key text, p_event text, p_payload jsonb, p_expires timestamptz)
    returns integer
    language sql security definer
    set search_path = pg_catalog, pg_temp
return (
    select coalesce(sum(public.person_notify(r.user_id, null, p_key, p_event, p_payload, false, p_expires)), 0)::integer
    from (select distinct x.user_id from public.platform_role x where x.role = any (p_roles)) r);
comment on function public.platform_notify(text[], text, text, jsonb, timestamptz) is 'everybody of these platform roles';
grant execute on function public.platform_notify(text[], text, text, jsonb, timestamptz) to execgov_lifecycle;

-- 80 and 100 %: once each until the limit is another one.
create function public.quota_tell() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := public.quota_limit(new.tenant_id, new.resource);
    v_percent integer;
begin
    v_percent := case
        when v_limit <= 0 then null
        when new.used >= v_limit then 100
        when new.used * 5 >= v_limit * 4 then 80
    end;
    if v_percent is not null then
        perform public.tenant_notify(new.tenant_id, array['owner', 'admin'],
            'quota:' || new.tenant_id || ':' || new.resource || ':' || v_limit || ':' || v_percent, 'quota.reached',
            jsonb_build_object('resource', new.resource, 'percent', v_percent, 'used', new.used, 'limit', v_limit,
                               'path', '/v1/subscription'), null);
    end if;
    return null;
end
$$;
comment on function public.quota_tell() is 'tells owners and admins when a quota is nearly or wholly used';
create trigger quota_account_tells after update of used on public.quota_account for each row
    when (new.used > old.used) execute function public.quota_tell();

-- What only time brings about. Called now and then; each key is one message.
create function public.notice_due() returns integer
    language sql security definer
    set search_path = pg_catalog, pg_temp
return (
    select coalesce(sum(case
        when d.tenant_id is not null then public.tenant_notify(d.tenant_id, array['owner', 'admin'], d.key, 'credential.expiring', d.payload, d.expires_at)
        when d.user_id is not null then public.person_notify(d.user_id, d.of_tenant, d.key, 'credential.expiring', d.payload, false, d.expires_at)
        else public.platform_notify(array['platform_admin'], d.key, 'credential.expiring', d.payload, d.expires_at)
    end), 0)::integer
    from (
        select x.tenant_id, x.user_id, x.of_tenant, x.expires_at,
            'expiring:' || x.id || ':' || extract(epoch from x.expires_at)::bigint || ':' || case
                when x.expires_at <= public.lifecycle_now() + interval '1 day' then '1'
                when x.expires_at <= public.lifecycle_now() + interval '7 days' then '7'
                else '14' end as key,
            jsonb_build_object('credential', x.name, 'expires_at', public.utc_text(x.expires_at)) as payload
        from (
            select c.id, c.tenant_id, null::uuid as user_id, null::uuid as of_tenant, c.name, c.expires_at
            from public.credential c
            where c.expires_at > public.lifecycle_now()
                and c.expires_at <= public.lifecycle_now() + interval '14 days'
            union all
            select a.id, null, a.user_id, a.tenant_id, a.name, a.expires_at
            from public.api_token a
            where a.revoked_at is null
                and a.expires_at > public.lifecycle_now()
                and a.expires_at <= public.lifecycle_now() + interval '7 days'
                and a.expires_at - a.created_at > interval '8 days') x) d);
comment on function public.notice_due() is
    'writes the messages that are due by the calendar: credentials 14, 7 and 1 days before their end, api tokens 7 and 1; how many were new';
grant execute on function public.notice_due() to execgov_lifecycle;

create function public.notice_json(p_user uuid, p_tenant uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'quiet_from', to_char(s.quiet_from, 'HH24:MI'), 'quiet_to', to_char(s.quiet_to, 'HH24:MI'),
        'break_quiet', coalesce(s.break_quiet, true), 'muted', coalesce(to_jsonb(s.muted), '[]'),
        'addresses', coalesce((
            select jsonb_agg(jsonb_build_object('channel', a.channel, 'endpoint', a.endpoint) order by a.channel)
            from public.notice_address a where a.user_id = u.id), '[]'),
        'channels', coalesce((
            select jsonb_agg(jsonb_build_object('name', c.name, 'kind', c.kind, 'title', c.title) order by c.name)
            from public.channel c
            where c.enabled and (c.tenant_id is null or c.tenant_id = p_tenant)), '[]'))
    from public.app_user u
    left join public.notice_setting s on s.user_id = u.id
    where u.id = p_user);
comment on function public.notice_json(uuid, uuid) is 'how a person is told, and the channels there are to choose from';
grant execute on function public.notice_json(uuid, uuid) to execgov_platform;
create index outbox_user on public.outbox (user_id, created_at, id) where user_id is not null;
