-- Who comes to a shutdown and is told by nobody: no address at all, or the last notice arrived nowhere. Each is a task while there
-- is still time, and ends when he is told, comes back, or is let go for good.

create function public.shutdown_untold_note() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
            select from public.outbox o
            where o.action_key = 'sub:' || new.subscription_id || ':' || new.period_no || ':' || new.window_code) then
        -- An address came in between.
        update public.finance_task
        set done_at = public.lifecycle_now(), outcome = 'told'
        where kind = 'shutdown_untold' and ref = new.subscription_id || ':' || new.period_no and done_at is null;
        return null;
    end if;
    insert into public.finance_task (id, kind, ref, customer_id, detail, created_at)
    select gen_random_uuid(), 'shutdown_untold', s.id || ':' || new.period_no, s.customer_id,
        jsonb_build_object('subscription', s.id, 'customer', c.name, 'tenant', t.name,
            'shutdown_due_at', public.utc_text(s.shutdown_due_at), 'remedy', jsonb_build_object(
                'en', 'nobody can be told that it is shut down: no billing contact, no owner. Give the customer an address (execgov customer '
                    'contacts ' || s.customer_id || ' --email ADDRESS) or the tenant an owner, and the next notice reaches it, which ends this; '
                    'or tell them another way; execgov subscription hold ' || s.id || ' --until … --comment … gives time for it',
                'zh-CN', '无人可接收停用通知：没有账单联系人，也没有所有者。请为客户补充邮箱（execgov customer contacts ' || s.customer_id
                    || ' --email 邮箱）或为租户指定所有者，下一次通知送出后本待办自动结束；也可另行告知，必要时暂缓停用（execgov subscription hold '
                    || s.id || ' --until … --comment …）')),
        new.as_of
    from public.subscription s
    join public.customer c on c.id = s.customer_id
    left join public.tenant t on t.id = s.tenant_id
    where s.id = new.subscription_id
    on conflict on constraint finance_task_once do nothing;
    return null;
end
$$;
comment on function public.shutdown_untold_note() is 'grace, the final notice and the shutdown have a message each; where there is none nobody could be told';
-- At the end of the statement: its messages are there by then.
create trigger shutdown_untold_note after insert on public.lifecycle_action for each row
    when (new.status = 'done' and (new.window_code like 'G-1%' or new.action in ('grace', 'shutdown')))
    execute function public.shutdown_untold_note();

create function public.notice_dead_note() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.state <> 'dead' then
        update public.finance_task
        set done_at = public.lifecycle_now(), outcome = 'sent once more'
        where kind = 'notice_dead' and ref = new.action_key and done_at is null;
        return null;
    end if;
    -- One of several receivers is enough.
    if exists (select from public.outbox o
               where o.action_key = new.action_key and o.state in ('pending', 'sending', 'retry', 'sent', 'unknown')) then
        return null;
    end if;
    insert into public.finance_task (id, kind, ref, customer_id, detail, created_at)
    select gen_random_uuid(), 'notice_dead', new.action_key, s.customer_id,
        jsonb_build_object('subscription', s.id, 'window', new.payload ->> 'window', 'endpoint', new.endpoint, 'reason', new.reason,
            'delivery', new.id, 'remedy', jsonb_build_object(
                'en', 'the notice of a shutdown arrived nowhere: mend the address (execgov customer contacts ' || s.customer_id
                    || ' --email ADDRESS) and let an administrator send it once more (execgov deliveries again ' || new.id
                    || '), or tell them another way',
                'zh-CN', '停用通知未能送达任何收件人：请更正邮箱（execgov customer contacts ' || s.customer_id
                    || ' --email 邮箱），并由管理员重发（execgov deliveries again ' || new.id || '），或另行告知')),
        public.lifecycle_now()
    from public.subscription s
    where s.id = new.subscription_id
    on conflict on constraint finance_task_once do update
    set detail = excluded.detail, created_at = excluded.created_at, done_at = null, done_by = null, outcome = null;
    return null;
end
$$;
comment on function public.notice_dead_note() is 'the final notice or the one of the shutdown was given up, and nobody else has it: a task until it is sent again';
create trigger notice_dead_note after update of state on public.outbox for each row
    when ((old.state = 'dead') <> (new.state = 'dead') and new.subscription_id is not null
        and new.payload ->> 'window' in ('G-1', 'SHUTDOWN'))
    execute function public.notice_dead_note();

create function public.shutdown_over() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_period integer;
begin
    -- It may be the next period that was paid, or the same one that is let go on.
    select s.period_no into v_period from public.subscription s where s.id = new.subscription_id;
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = new.actor, outcome = case new.to_state when 'active' then 'paid' else 'terminated' end
    where done_at is null
        and ((kind = 'shutdown_untold' and ref in (new.subscription_id || ':' || (v_period - 1), new.subscription_id || ':' || v_period))
            or (kind = 'notice_dead' and ref like 'sub:' || new.subscription_id || ':%'));
    return null;
end
$$;
comment on function public.shutdown_over() is 'it is paid, or over for good: nobody has to be told any more';
create trigger shutdown_over after insert on public.subscription_event for each row
    when (new.from_state in ('grace', 'shutdown', 'cancelled') and new.to_state in ('active', 'terminated'))
    execute function public.shutdown_over();

-- To other contacts it is another row.
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
        update public.finance_task
        set done_at = public.lifecycle_now(), outcome = 'sent to the present contacts'
        where kind = 'notice_dead' and ref = o.action_key and done_at is null;
        return 'ok';
    end if;
    update public.outbox
    set state = 'pending', reason = null, resends = 0, next_at = public.lifecycle_now(), ended_at = null, expires_at = v_expires
    where id = p_outbox;
    return 'ok';
end
$$;
