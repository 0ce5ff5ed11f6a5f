-- A dispute that is lost says what to type, also when it is told before its payment: the order's number as the provider says it, the payment
-- that no order has, or how it is found.

create or replace function public.payment_dispute_told(p_provider text, p_says jsonb) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind text := p_says ->> 'kind';
    v_dispute text := p_says ->> 'refund';
    v_recorded boolean;
    v_order uuid;
    v_customer uuid;
    v_no text;
    v_act text;
    p record;
begin
    select x.id, x.claimed_order, exists (
            select from public.payment_return r where r.payment_id = x.id and r.reference = v_dispute) as recorded
    into p
    from public.payment x
    where x.provider = p_provider and x.provider_txn = p_says ->> 'txn';
    v_recorded := coalesce(p.recorded, false);
    -- Whose it is: as the payment was recorded, or, told before it, as the provider says. What is refunded is the order that has the money.
    select o.id, o.customer_id into v_order, v_customer
    from public.orders o
    where o.id = p.claimed_order or (p.id is null and o.no = p_says ->> 'order_no');
    select min(o.no) into v_no
    from public.orders o
    where case when p.id is null then o.id = v_order
        else o.id in (select a.order_id from public.payment_application a where a.payment_id = p.id) end;
    -- Money that no order has goes back as it is; of a payment that is not here nothing can be recorded before it is.
    v_act := case
        when v_no is not null then 'execgov order refund ' || v_no || ' AMOUNT --reference ' || v_dispute || ' --comment dispute --then …'
        when p.id is not null then 'execgov payment return ' || p.id || ' --reference ' || v_dispute || ' --comment dispute'
    end;
    insert into public.finance_task (id, kind, ref, customer_id, order_id, payment_id, detail, created_at, done_at, outcome)
    values (gen_random_uuid(), 'payment_disputed', p_provider || ':' || v_dispute, v_customer, v_order, p.id,
        p_says || jsonb_build_object('remedy', case v_kind
            when 'dispute_lost' then jsonb_build_object(
                'en', case when v_act is not null
                    then 'the dispute is lost and the money is gone: record it (' || v_act || '), which ends this'
                    else 'the dispute is lost and the money is gone, and its payment ' || coalesce(p_says ->> 'txn', '') || ' is not in the '
                        'books: once it is (execgov payment ls), give it back under this reference (execgov payment return PAYMENT '
                        '--reference ' || v_dispute || ' --comment dispute), which ends this; if it never came, end it with execgov '
                        'task done' end,
                'zh-CN', case when v_act is not null
                    then '争议败诉，款项已被划走：请登记（' || v_act || '），登记后本待办自动结束'
                    else '争议败诉，款项已被划走，但账上没有该笔付款 ' || coalesce(p_says ->> 'txn', '') || '：入账后（execgov payment ls）请以此编号登记退回'
                        '（execgov payment return 付款编号 --reference ' || v_dispute || ' --comment 争议），登记后本待办自动结束；若始终未入账，请用 '
                        'execgov task done 结束' end)
            else jsonb_build_object(
                'en', 'the payer''s bank takes this payment back: answer it at the provider. Until it is decided the subscription can be held '
                    '(execgov subscription hold SUBSCRIPTION --kind dispute --until … --comment …). Won, this ends by itself; lost, it says what to record',
                'zh-CN', '付款人的银行要求撤回该款项：请在渠道方后台答复。裁决前可暂缓停用（execgov subscription hold 订阅 --kind dispute --until … '
                    '--comment …）。胜诉后本待办自动结束；败诉会提示如何登记')
            end),
        public.lifecycle_now(), case when v_kind = 'dispute_won' or v_recorded then public.lifecycle_now() end,
        case when v_kind = 'dispute_won' then 'won' when v_recorded then 'recorded' end)
    on conflict on constraint finance_task_once do update
    set detail = case when v_kind = 'disputed' then finance_task.detail else excluded.detail end,
        done_at = case when v_kind = 'disputed' then finance_task.done_at
                       when excluded.done_at is null then null
                       else coalesce(finance_task.done_at, excluded.done_at) end,
        outcome = case when v_kind = 'disputed' then finance_task.outcome
                       when excluded.done_at is null then null
                       else coalesce(finance_task.outcome, excluded.outcome) end;
    if v_kind = 'dispute_won' and v_recorded then
        perform public.finance_task_add('dispute_won_refunded', p_provider || ':' || v_dispute, v_customer, v_order, p.id, p_says);
    end if;
    return v_kind;
end
$$;
