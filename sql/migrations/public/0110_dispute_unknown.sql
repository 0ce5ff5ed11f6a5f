-- What a dispute's task asks for can be done: it names the subscription to hold, and of a payment that is not in the books it says where
-- to look. When the payment comes after all, the task says what to type then.

create function public.payment_dispute_reword(p_task uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    f public.finance_task;
    v_provider text;
    v_txn text;
    v_dispute text;
    v_payment uuid;
    v_claimed uuid;
    v_order uuid;
    v_customer uuid;
    v_subscription uuid;
    v_no text;
    v_act text;
    v_remedy jsonb;
begin
    select * into f from public.finance_task where id = p_task;
    v_txn := f.detail ->> 'txn';
    v_dispute := f.detail ->> 'refund';
    v_provider := left(f.ref, -length(v_dispute) - 1);
    select x.id, x.claimed_order into v_payment, v_claimed
    from public.payment x
    where x.provider = v_provider and x.provider_txn = v_txn;
    -- Whose it is: as the payment was recorded, or, told before it, as the provider says. What is refunded is the order that has the money.
    select o.id, o.customer_id, o.subscription_id into v_order, v_customer, v_subscription
    from public.orders o
    where o.id = v_claimed or (v_payment is null and o.no = f.detail ->> 'order_no');
    select min(o.no) into v_no
    from public.orders o
    where case when v_payment is null then o.id = v_order
        else o.id in (select a.order_id from public.payment_application a where a.payment_id = v_payment) end;
    -- Money that no order has goes back as it is; of a payment that is not here nothing can be recorded before it is.
    v_act := case
        when v_no is not null then 'execgov order refund ' || v_no || ' AMOUNT --reference ' || v_dispute || ' --comment dispute --then …'
        when v_payment is not null then 'execgov payment return ' || v_payment || ' --reference ' || v_dispute || ' --comment dispute'
    end;
    v_remedy := case
        when f.detail ->> 'kind' = 'dispute_lost' and v_act is not null then jsonb_build_object(
            'en', 'the dispute is lost and the money is gone: record it (' || v_act || '), which ends this',
            'zh-CN', '争议败诉，款项已被划走：请登记（' || v_act || '），登记后本待办自动结束')
        when f.detail ->> 'kind' = 'dispute_lost' then jsonb_build_object(
            'en', format('the dispute is lost, and its payment %s is not in the books, so there is nothing to give back yet: look at %s '
                'what it was for, and whether we were told of it (execgov payment events). When it comes into the books this says what to '
                'record, which ends it. If it never was ours, end it: execgov task done %s "not ours"', v_txn, v_provider, f.id),
            'zh-CN', format('争议败诉，但账上没有该笔付款 %s，暂无可退：请在渠道方（%s）后台查明其用途，并查看是否收到过通知（execgov payment '
                'events）。该款项入账后，本待办会提示如何登记，登记后自动结束；若确非我方款项，请执行 execgov task done %s "非我方款项" 结束',
                v_txn, v_provider, f.id))
        when v_subscription is not null then jsonb_build_object(
            'en', 'the payer''s bank takes this payment back: answer it at the provider. Until it is decided the subscription can be held '
                '(execgov subscription hold ' || v_subscription || ' --kind dispute --until … --comment …). Won, this ends by itself; lost, '
                'it says what to record',
            'zh-CN', '付款人的银行要求撤回该款项：请在渠道方后台答复。裁决前可暂缓停用（execgov subscription hold ' || v_subscription
                || ' --kind dispute --until … --comment …）。胜诉后本待办自动结束；败诉会提示如何登记')
        when v_payment is not null then jsonb_build_object(
            'en', 'the payer''s bank takes this payment back, which paid for no subscription: answer it at the provider. Won, this ends by '
                'itself; lost, it says what to record',
            'zh-CN', '付款人的银行要求撤回该款项，该款项未用于任何订阅：请在渠道方后台答复。胜诉后本待办自动结束；败诉会提示如何登记')
        else jsonb_build_object(
            'en', format('the payer''s bank takes the payment %s back, which is not in the books: answer it at %s, look there what it was for, '
                'and whether we were told of it (execgov payment events). When it comes into the books this says which subscription can be '
                'held. Won, this ends by itself; lost, it says what to do', v_txn, v_provider),
            'zh-CN', format('付款人的银行要求撤回付款 %s，但账上没有该笔付款：请在渠道方（%s）后台答复并查明其用途，再查看是否收到过通知（execgov '
                'payment events）。该款项入账后，本待办会提示可暂缓停用的订阅。胜诉后本待办自动结束；败诉会提示如何处理', v_txn, v_provider))
    end;
    update public.finance_task
    set customer_id = v_customer, order_id = v_order, payment_id = v_payment, detail = detail || jsonb_build_object('remedy', v_remedy)
    where id = p_task;
end
$$;
comment on function public.payment_dispute_reword(uuid) is 'whose money a dispute''s task is about, and what helps, from what is known now';

create or replace function public.payment_dispute_told(p_provider text, p_says jsonb) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind text := p_says ->> 'kind';
    v_ref text := p_provider || ':' || (p_says ->> 'refund');
    v_recorded boolean;
    f public.finance_task;
begin
    v_recorded := exists (
        select from public.payment_return r
        join public.payment x on x.id = r.payment_id
        where x.provider = p_provider and x.provider_txn = p_says ->> 'txn' and r.reference = p_says ->> 'refund');
    insert into public.finance_task (id, kind, ref, detail, created_at, done_at, outcome)
    values (gen_random_uuid(), 'payment_disputed', v_ref, p_says, public.lifecycle_now(),
        case when v_kind = 'dispute_won' or v_recorded then public.lifecycle_now() end,
        case when v_kind = 'dispute_won' then 'won' when v_recorded then 'recorded' end)
    on conflict on constraint finance_task_once do update
    set detail = case when v_kind = 'disputed' then finance_task.detail else excluded.detail end,
        done_at = case when v_kind = 'disputed' then finance_task.done_at
                       when excluded.done_at is null then null
                       else coalesce(finance_task.done_at, excluded.done_at) end,
        outcome = case when v_kind = 'disputed' then finance_task.outcome
                       when excluded.done_at is null then null
                       else coalesce(finance_task.outcome, excluded.outcome) end
    returning * into f;
    perform public.payment_dispute_reword(f.id);
    if v_kind = 'dispute_won' and v_recorded then
        select * into f from public.finance_task where id = f.id;
        perform public.finance_task_add('dispute_won_refunded', v_ref, f.customer_id, f.order_id, f.payment_id, p_says);
    end if;
    return v_kind;
end
$$;

-- At the end of its transaction, when it is known whether an order has it.
create function public.payment_dispute_found() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.payment_dispute_reword(f.id)
    from public.finance_task f
    where f.kind = 'payment_disputed'
        and f.done_at is null
        and f.detail ->> 'txn' = new.provider_txn
        and f.ref = new.provider || ':' || (f.detail ->> 'refund');
    return null;
end
$$;
comment on function public.payment_dispute_found() is 'a payment came of which a dispute was told before: its task says what to do now';
create constraint trigger payment_dispute_found after insert on public.payment deferrable initially deferred
    for each row execute function public.payment_dispute_found();

-- Those that stand already.
select public.payment_dispute_reword(f.id)
from public.finance_task f
where f.kind = 'payment_disputed'
    and f.done_at is null;
