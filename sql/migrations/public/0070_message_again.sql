-- A message to a customer that was given up goes, when it is sent again, to whom the customer names by then.

create or replace function public.message_again(p_outbox uuid) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.outbox;
    c public.customer;
    v_expires timestamptz;
begin
    select * into o from public.outbox where id = p_outbox for no key update;
    if not found then
        return 'not_found';
    end if;
    if o.state not in ('dead', 'unknown', 'suppressed') then
        return 'conflict';
    end if;
    v_expires := greatest(o.expires_at, public.lifecycle_now() + interval '1 day');
    select x.* into c
    from public.subscription s
    join public.customer x on x.id = s.customer_id
    where s.id = o.subscription_id and o.user_id is null;
    if found and exists (select from public.customer_contact k where k.customer_id = c.id)
        and not exists (select from public.customer_contact k
                        where k.customer_id = c.id and k.channel = o.channel and k.endpoint = o.endpoint) then
        insert into public.outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, locale, payload, guard,
            message_id, next_at, expires_at)
        select o.action_key, o.event, k.channel, k.endpoint, o.tenant_id, o.subscription_id, coalesce(k.locale, c.locale),
            o.payload, o.guard, gen_random_uuid()::text, public.lifecycle_now(), v_expires
        from public.customer_contact k
        where k.customer_id = c.id
        on conflict on constraint outbox_key_once do update
        set state = 'pending', reason = null, resends = 0, next_at = excluded.next_at, ended_at = null,
            expires_at = excluded.expires_at
        where outbox.state in ('dead', 'unknown', 'suppressed');
        update public.outbox set state = 'dead', reason = 'sent to the present contacts' where id = p_outbox;
        return 'ok';
    end if;
    update public.outbox
    set state = 'pending', reason = null, resends = 0, next_at = public.lifecycle_now(), ended_at = null, expires_at = v_expires
    where id = p_outbox;
    return 'ok';
end
$$;
comment on function public.message_again(uuid) is
    'send a message that was given up again, under the same message id; one to a customer who has other contacts now, to them; its guard is still asked: ok, not_found, conflict';
