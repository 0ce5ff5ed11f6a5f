-- A receipt that may have arrived is not sent again by itself: it is a task until somebody has looked.

create function public.receipt_unknown_note() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.state <> 'unknown' then
        update public.finance_task
        set done_at = public.lifecycle_now(), outcome = 'sent once more'
        where kind = 'receipt_unknown' and ref = new.id::text and done_at is null;
        return null;
    end if;
    insert into public.finance_task (id, kind, ref, customer_id, order_id, detail, created_at)
    select gen_random_uuid(), 'receipt_unknown', new.id::text, o.customer_id, o.id,
        jsonb_strip_nulls(jsonb_build_object('delivery', new.id, 'order_no', new.payload -> 'order_no', 'endpoint', new.endpoint,
            'reason', new.reason, 'remedy', jsonb_build_object(
                'en', 'this receipt may have arrived, so it is not sent again by itself: ask whoever it is for, or look into the log of the '
                    'mail server for its message id (execgov deliveries show ' || new.id || '); when it did not arrive let an administrator '
                    'send it once more (execgov deliveries again ' || new.id || '), which ends this; when it did, end this task',
                'zh-CN', '该收据可能已送达，因此不会自动重发：请询问收件人，或按消息编号查看邮件服务器日志（execgov deliveries show ' || new.id
                    || '）；若未送达，请管理员重发（execgov deliveries again ' || new.id || '），本待办随之结束；若已送达，请结束本待办'))),
        public.lifecycle_now()
    from (select 1) as one
    left join public.orders o on o.id::text = substring(new.action_key from '^receipt:(.*)$')
    on conflict on constraint finance_task_once do update
    set detail = excluded.detail, created_at = excluded.created_at, done_at = null, done_by = null, outcome = null;
    return null;
end
$$;
comment on function public.receipt_unknown_note() is 'nobody knows whether a receipt has arrived: a task until it is sent again, or a person ends it';
create trigger receipt_unknown_note after update of state on public.outbox for each row
    when (new.event = 'payment.received' and old.state <> new.state and (old.state = 'unknown' or new.state = 'unknown'))
    execute function public.receipt_unknown_note();

-- Whoever ends the task says that it arrived: nothing waits for it any more, nor does the closing of its month.
create function public.receipt_unknown_end() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.outbox
    set state = 'sent', reason = 'a person said that it arrived'
    where id = new.ref::uuid
        and state = 'unknown';
    return null;
end
$$;
comment on function public.receipt_unknown_end() is 'a receipt whose task a person ended has arrived';
create trigger receipt_unknown_end after update of done_at on public.finance_task for each row
    when (new.kind = 'receipt_unknown' and old.done_at is null and new.done_at is not null and new.done_by is not null)
    execute function public.receipt_unknown_end();
