-- Money that came is in the books, whatever has become of what it was for. A subscription that is terminated is never paid
-- again: a payment for it is late, as one for an order that was cancelled.

create or replace function public.payment_judge(o public.orders, p_amount bigint, p_currency text) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
return case
    when p_currency <> o.currency then 'currency'
    when o.state in ('cancelled', 'expired') then 'late'
    when o.state = 'draft' then 'draft'
    when o.state not in ('pending_payment', 'payment_reported') then 'paid_before'
    when exists (select from public.subscription s where s.id = o.subscription_id and s.state = 'terminated') then 'late'
    when exists (select from public.tenant t where t.id = o.tenant_id and t.state = 'terminated') then 'late'
    when p_amount < o.amount_minor then 'partial'
    else 'settled'
end;

-- Whatever else refused it, `conflict` is the end of a telling only where its payment is in the books.
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
                               'refund_told') then 'done'
            when p_outcome in ('unknown_order', 'refund_unmatched') then 'unmatched'
            when p_outcome in ('merchant', 'currency_unknown', 'refund_above_paid', 'conflict') then 'failed'
            else 'ignored'
        end,
        outcome = p_outcome, done_at = now()
    where provider = p_provider and event_id = p_event and status = 'received'
    returning detail into v_says;
    if found and p_outcome = 'conflict' then
        perform public.finance_task_add('payment_conflict', p_provider || ':' || p_event, null, null, null, v_says);
    end if;
end
$$;
