-- What providers tell and nobody saw to: a payment whose payer has it taken back by his bank (a dispute); and a refund that is
-- recorded here ends the task that asked for it, and has to be in the provider's files as a payment has.

-- Money that a payer's bank takes back. Nothing changes here by itself: whether it is lost is decided over there, and a person records
-- what was lost as a refund, under the dispute's name.
create function public.payment_dispute_told(p_provider text, p_says jsonb) returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind text := p_says ->> 'kind';
    v_dispute text := p_says ->> 'refund';
    v_recorded boolean;
    p record;
begin
    select x.id, x.claimed_order, o.customer_id, o.no, exists (
            select from public.payment_return r where r.payment_id = x.id and r.reference = v_dispute) as recorded
    into p
    from public.payment x
    left join public.orders o on o.id = x.claimed_order
    where x.provider = p_provider and x.provider_txn = p_says ->> 'txn';
    v_recorded := coalesce(p.recorded, false);
    insert into public.finance_task (id, kind, ref, customer_id, order_id, payment_id, detail, created_at, done_at, outcome)
    values (gen_random_uuid(), 'payment_disputed', p_provider || ':' || v_dispute, p.customer_id, p.claimed_order, p.id,
        p_says || jsonb_build_object('remedy', case v_kind
            when 'dispute_lost' then jsonb_build_object(
                'en', 'the dispute is lost and the money is gone: record it (execgov order refund ' || coalesce(p.no, 'ORDER')
                    || ' AMOUNT --reference ' || v_dispute || ' --comment dispute --then …), which ends this',
                'zh-CN', '争议败诉，款项已被划走：请登记退款（execgov order refund ' || coalesce(p.no, '订单')
                    || ' 金额 --reference ' || v_dispute || ' --comment 争议 --then …），登记后本待办自动结束')
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
        perform public.finance_task_add('dispute_won_refunded', p_provider || ':' || v_dispute, p.customer_id, p.claimed_order, p.id, p_says);
    end if;
    return v_kind;
end
$$;
comment on function public.payment_dispute_told(text, jsonb) is
    'a dispute is one task from its beginning until it is won, or lost and recorded; one that was told won stays so when its beginning is told late';

create or replace function public.payment_event_take(p_provider text, p_event text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    e public.payment_event;
    v public.payment_provider;
    o public.orders;
    v_outcome text;
begin
    select * into e from public.payment_event where provider = p_provider and event_id = p_event for no key update;
    if not found or e.status <> 'received' then
        return '{"do": "nothing"}';
    end if;
    select * into v from public.payment_provider where code = p_provider;
    if (v.app is not null and e.detail ->> 'app' is distinct from v.app)
        -- Stripe names an account only for those connected to ours; whose the others are, the address' own secret says.
        or (v.merchant is not null and e.detail ->> 'merchant' is distinct from v.merchant
            and not (v.kind = 'stripe' and e.detail ->> 'merchant' is null)) then
        perform public.finance_task_add('payment_merchant', p_provider || ':' || p_event, null, null, null, e.detail);
        v_outcome := 'merchant';
    elsif e.detail ->> 'kind' in ('failed', 'expired', 'other') then
        v_outcome := e.detail ->> 'kind';
    elsif e.detail ->> 'kind' in ('disputed', 'dispute_won', 'dispute_lost') then
        v_outcome := public.payment_dispute_told(p_provider, e.detail);
    elsif not exists (select from public.currency where code = e.detail ->> 'currency') then
        perform public.finance_task_add('payment_currency_unknown', p_provider || ':' || p_event, null, null, null, e.detail);
        v_outcome := 'currency_unknown';
    elsif e.detail ->> 'kind' = 'refunded' then
        v_outcome := public.payment_refund_told(p_provider, p_event, e.detail, e.received_at);
        if v_outcome is null then
            update public.payment_event set next_at = now() + interval '10 min', outcome = 'waits for its payment'
            where provider = p_provider and event_id = p_event;
            return '{"do": "nothing"}';
        end if;
    else
        select * into o from public.orders where no = e.detail ->> 'order_no';
        if found then
            return jsonb_build_object('do', 'settle', 'order', o.id) || e.detail;
        end if;
        perform public.payment_unmatched(p_provider, e.detail);
        v_outcome := 'unknown_order';
    end if;
    perform public.payment_event_end(p_provider, p_event, v_outcome);
    return jsonb_build_object('do', 'nothing', 'outcome', v_outcome);
end
$$;

create or replace function public.payment_event_end(p_provider text, p_event text, p_outcome text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_says jsonb;
begin
    if p_outcome = 'conflict' and not exists (
            select from public.payment p
            join public.payment_event e on e.provider = p.provider and e.detail ->> 'txn' = p.provider_txn
            where e.provider = p_provider and e.event_id = p_event) then
        perform public.payment_event_failed(p_provider, p_event, 'refused, and its payment is not in the books');
        return;
    end if;
    update public.payment_event
    set status = case
            when p_outcome in ('settled', 'duplicate', 'currency', 'late', 'draft', 'paid_before', 'partial', 'refund_known',
                               'refund_told', 'disputed', 'dispute_won', 'dispute_lost') then 'done'
            when p_outcome in ('unknown_order', 'refund_unmatched') then 'unmatched'
            when p_outcome in ('merchant', 'currency_unknown', 'refund_above_paid', 'conflict') then 'failed'
            else 'ignored'
        end,
        outcome = p_outcome, done_at = now()
    where provider = p_provider and event_id = p_event and coalesce(status, '') = 'received'
    returning detail into v_says;
    if found and p_outcome = 'conflict' then
        perform public.finance_task_add('payment_conflict', p_provider || ':' || p_event, null, null, null, v_says);
    end if;
end
$$;

-- Where the fact is written its tasks end, whatever act wrote it.
create function public.payment_return_known() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = new.recorded_by, outcome = 'recorded'
    from public.payment p
    where p.id = new.payment_id
        and f.done_at is null
        and f.kind in ('refund_by_provider', 'payment_disputed')
        and f.ref = p.provider || ':' || new.reference;
    return null;
end
$$;
comment on function public.payment_return_known() is 'a refund that a provider told, or a dispute that was lost, is in the books: its task is over';
create trigger payment_return_known after insert on public.payment_return
    for each row execute function public.payment_return_known();

-- Those that stayed open although their refund was recorded.
update public.finance_task f
set done_at = public.lifecycle_now(), outcome = 'recorded'
from public.payment p
join public.payment_return r on r.payment_id = p.id
where f.done_at is null
    and f.kind = 'refund_by_provider'
    and f.ref = p.provider || ':' || r.reference;
