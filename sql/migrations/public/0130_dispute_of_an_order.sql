-- A dispute whose payment is not in the books, and of which the provider says for which order it was: nothing is paid, so there is nothing
-- to refund, whatever its order's number. It says so, and where to look.

create or replace function public.payment_dispute_reword(p_task uuid) returns void
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
    v_told text;
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
    join public.payment_application a on a.order_id = o.id
    where a.payment_id = v_payment;
    if v_payment is null then
        v_told := (select o.no from public.orders o where o.id = v_order);
    end if;
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
            'en', format('the dispute is lost, and its payment %s%s is not in the books, so there is nothing to give back yet: look at %s '
                'what it was for, and whether we were told of it (execgov payment events). When it comes into the books this says what to '
                'record, which ends it. If it never was ours, end it: execgov task done %s "not ours"', v_txn,
                ', for order ' || v_told || ' as they say (execgov order show ' || v_told || '),', v_provider, f.id),
            'zh-CN', format('争议败诉，但账上没有该笔付款 %s%s，暂无可退：请在渠道方（%s）后台查明其用途，并查看是否收到过通知（execgov payment '
                'events）。该款项入账后，本待办会提示如何登记，登记后自动结束；若确非我方款项，请执行 execgov task done %s "非我方款项" 结束',
                v_txn, '（渠道方称用于订单 ' || v_told || '，见 execgov order show ' || v_told || '）', v_provider, f.id))
        when v_payment is not null and v_subscription is not null then jsonb_build_object(
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
            'en', format('the payer''s bank takes the payment %s%s back, which is not in the books: answer it at %s, look there what it was '
                'for, and whether we were told of it (execgov payment events). %s. Won, this ends by itself; lost, it says what to do', v_txn,
                ', for order ' || v_told || ' as they say (execgov order show ' || v_told || '),', v_provider,
                coalesce('Until it is decided the subscription of that order can be held (execgov subscription hold ' || v_subscription
                    || ' --kind dispute --until … --comment …)',
                    'When it comes into the books this says which subscription can be held')),
            'zh-CN', format('付款人的银行要求撤回付款 %s%s，但账上没有该笔付款：请在渠道方（%s）后台答复并查明其用途，再查看是否收到过通知（execgov '
                'payment events）。%s。胜诉后本待办自动结束；败诉会提示如何处理', v_txn,
                '（渠道方称用于订单 ' || v_told || '，见 execgov order show ' || v_told || '）', v_provider,
                coalesce('裁决前可暂缓停用该订单的订阅（execgov subscription hold ' || v_subscription || ' --kind dispute --until … --comment …）',
                    '该款项入账后，本待办会提示可暂缓停用的订阅')))
    end;
    update public.finance_task
    set customer_id = v_customer, order_id = v_order, payment_id = v_payment, detail = detail || jsonb_build_object('remedy', v_remedy)
    where id = p_task;
end
$$;

-- Those that stand already.
select public.payment_dispute_reword(f.id)
from public.finance_task f
where f.kind = 'payment_disputed'
    and f.payment_id is null
    and f.done_at is null;
