-- Nobody is shut down in silence: what was said by nobody to anybody stands in the digest by name, a task that ended because somebody
-- was told begins again when nobody is, and a final notice that never left is one that arrived nowhere.

create or replace function public.shutdown_untold_note() returns trigger
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
    -- A person's end of it holds for this end; what a message ended begins again, and so does an earlier end's.
    on conflict on constraint finance_task_once do update
    set detail = excluded.detail, created_at = excluded.created_at, done_at = null, done_by = null, outcome = null
    where finance_task.done_at is not null
        and ((finance_task.outcome = 'told' and finance_task.done_by is null) or finance_task.created_at < (
            select max(e.at) from public.subscription_event e
            where e.subscription_id = new.subscription_id and e.to_state = 'grace'));
    return null;
end
$$;

create or replace function public.notice_dead_note() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.state not in ('dead', 'suppressed') then
        update public.finance_task
        set done_at = public.lifecycle_now(), outcome = 'sent once more'
        where kind = 'notice_dead' and ref = new.action_key and done_at is null;
        return null;
    end if;
    -- What is not true any more is not missed; except that it is true now, and was to be said before.
    if new.state = 'suppressed' and not exists (
            select from public.subscription s where s.id = new.subscription_id and s.state = 'shutdown') then
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
comment on function public.notice_dead_note() is
    'the final notice or the one of the shutdown was given up, or never left before the shutdown, and nobody else has it: a task until it is sent again';
drop trigger notice_dead_note on public.outbox;
create trigger notice_dead_note after update of state on public.outbox for each row
    when (new.subscription_id is not null and new.payload ->> 'window' in ('G-1', 'SHUTDOWN')
        and old.state <> new.state and (old.state in ('dead', 'suppressed') or new.state in ('dead', 'suppressed')))
    execute function public.notice_dead_note();

-- Whom nobody has told of his end, oldest first, with the moment of his shutdown.
create function public.customers_untold(p_zone text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with open as (
        select row_number() over (order by f.created_at, f.id) as n, count(*) over () as whole,
            concat_ws('  ', c.name, f.kind,
                case when s.state = 'grace' then to_char(s.shutdown_due_at at time zone p_zone, 'YYYY-MM-DD HH24:MI') else s.state end,
                s.id) as line
        from public.finance_task f
        left join public.customer c on c.id = f.customer_id
        left join public.subscription s on s.id = (f.detail ->> 'subscription')::uuid
        where f.done_at is null
            and f.kind in ('shutdown_untold', 'notice_dead', 'termination_untold')
    )
    select jsonb_agg(l.line order by l.n)
    from (
        select o.n, o.line from open o where o.n <= 20
        union all
        select 21, '… +' || (max(o.whole) - 20) from open o having max(o.whole) > 20) l;
end;
comment on function public.customers_untold(text) is 'lines of the digest: tasks about people whom no notice reached; null: none';

alter function public.finance_digest_make(date, text) rename to finance_digest_numbers;
comment on function public.finance_digest_numbers(date, text) is 'the numbers of a morning, and who is shut down by tomorrow';
create function public.finance_digest_make(p_day date, p_zone text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return public.finance_digest_numbers(p_day, p_zone)
    || jsonb_strip_nulls(jsonb_build_object('untold', public.customers_untold(p_zone)));
comment on function public.finance_digest_make(date, text) is 'what the digest of a morning says, as data';
grant execute on function public.finance_digest_make(date, text) to execgov_platform, execgov_lifecycle;
