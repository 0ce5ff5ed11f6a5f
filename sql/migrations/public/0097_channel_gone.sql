-- A webhook's receiver that answers 410 Gone wants nothing any more: its channel is switched off, whoever set it up is told, and
-- messages for it wait until somebody gives it an address again. Waiting is none of the ten attempts of a webhook.

alter table public.outbox add column reached smallint not null default 0;
comment on column public.outbox.reached is
    'attempts that reached the other side, since it was last sent again by hand: the back-off counts them; those without a channel or without execgov-egress are in attempts only';
grant update (reached) on public.outbox to execgov_lifecycle;

create function public.outbox_anew() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.reached := 0;
    return new;
end
$$;
comment on function public.outbox_anew() is 'a person had it sent again: from the start';
create trigger outbox_anew before update of state on public.outbox for each row
    when (old.state in ('dead', 'unknown', 'suppressed') and new.state = 'pending')
    execute function public.outbox_anew();

create table public.channel_gone (
    channel text constraint channel_gone_pk primary key
        constraint channel_gone_channel_exists references public.channel on delete cascade,
    outbox_id uuid not null constraint channel_gone_outbox_exists references public.outbox,
    at timestamptz not null default now()
);
create index channel_gone_outbox on public.channel_gone (outbox_id);
comment on table public.channel_gone is 'channels that are off because their receiver answered 410';
comment on column public.channel_gone.outbox_id is 'the message it answered so';
grant select on public.channel_gone to execgov_platform, execgov_lifecycle;

create or replace function public.channel_json(p_name text) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'name', c.name, 'kind', c.kind, 'tenant', c.tenant_id, 'title', c.title, 'settings', c.settings,
        'credential', k.name, 'enabled', c.enabled, 'gone_at', public.utc_text(g.at), 'revision', c.revision,
        'created_at', public.utc_text(c.created_at), 'updated_at', public.utc_text(c.updated_at))
    from public.channel c
    left join public.credential k on k.id = c.credential_id
    left join public.channel_gone g on g.channel = c.name
    where c.name = p_name);

create function public.channel_gone_note() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    c record;
    v_key text;
    v_payload jsonb;
begin
    update public.channel x
    set enabled = false, revision = x.revision + 1, updated_at = now()
    from public.outbox o
    join public.delivery_attempt a on a.outbox_id = o.id and a.n = new.n
    where o.id = new.outbox_id
        and x.name = o.channel
        and x.kind = 'webhook'
        and x.enabled
        and (x.tenant_id is null or x.tenant_id = o.tenant_id)
        -- It may have another address since.
        and a.started_at >= x.updated_at
    returning x.name, x.title, x.tenant_id, x.revision into c;
    if not found then
        return null;
    end if;
    insert into public.channel_gone (channel, outbox_id) values (c.name, new.outbox_id)
    on conflict on constraint channel_gone_pk do update set outbox_id = excluded.outbox_id, at = excluded.at;
    perform public.audit_add(null, null, 'system', 'operation', 'channel.gone', 'channel', c.name,
        jsonb_build_object('delivery', new.outbox_id, 'status', 410));
    v_key := 'channel:' || c.name || ':gone:' || c.revision;
    v_payload := jsonb_strip_nulls(jsonb_build_object('channel', c.name, 'title', nullif(c.title, ''), 'path', '/v1/platform/channels'));
    perform public.platform_notify(array['platform_admin'], v_key, 'channel.gone', v_payload, null);
    if c.tenant_id is not null then
        perform public.tenant_notify(c.tenant_id, array['owner', 'admin'], v_key, 'channel.gone', v_payload, null);
    end if;
    return null;
end
$$;
comment on function public.channel_gone_note() is 'a webhook answered 410: its channel is switched off, administrators and the tenant''s owners are told';
create trigger channel_gone_note after insert on public.delivery_result for each row
    when (new.outcome = 'dead' and new.code = 410)
    execute function public.channel_gone_note();

create function public.channel_back() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from public.channel_gone where channel = new.name;
    return null;
end
$$;
comment on function public.channel_back() is 'somebody switched it on again: it is not gone';
create trigger channel_back after update on public.channel for each row
    when (new.enabled and not old.enabled)
    execute function public.channel_back();
