-- A telling is found by its key. While its table had not been analysed the index of all that wait looked cheaper, and each end of one
-- read all that waited; `coalesce` is a condition that index does not have.

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
    where provider = p_provider and event_id = p_event and coalesce(status, '') = 'received'
    returning detail into v_says;
    if found and p_outcome = 'conflict' then
        perform public.finance_task_add('payment_conflict', p_provider || ':' || p_event, null, null, null, v_says);
    end if;
end
$$;

create or replace function public.payment_event_failed(p_provider text, p_event text, p_why text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    e public.payment_event;
begin
    update public.payment_event
    set next_at = now() + (array['10 s', '1 min', '5 min', '30 min', '2 h'])[least(greatest(attempts, 1), 5)]::interval,
        outcome = left(p_why, 300)
    where provider = p_provider and event_id = p_event and coalesce(status, '') = 'received'
    returning * into e;
    if e.attempts >= 5 then
        perform public.finance_task_add('payment_event_failed', p_provider || ':' || p_event, null, null, null,
            e.detail || jsonb_build_object('why', left(p_why, 300)));
    end if;
end
$$;

-- In plpgsql, which keeps its plans: a function in SQL was planned anew at each call, and these two are called with each act over money.
create or replace function public.approval_of_this_act() returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_xact xid8 := pg_current_xact_id_if_assigned();
begin
    if v_xact is null or not exists (select from public.approval_request r where r.executed_in = v_xact) then
        return null;
    end if;
    return (
        -- The moment too: a restored database counts its transactions anew.
        select jsonb_build_object('approval', r.id, 'approved_by', jsonb_agg(u.email order by v.at, u.id))
        from public.approval_request r
        join public.approval_vote v on v.request_id = r.id and v.approve
        join public.app_user u on u.id = v.voter
        where r.executed_in = v_xact
            and r.executed_at = now()
        group by r.id
        limit 1);
end
$$;

create or replace function public.finance_task_add(
    p_kind text, p_ref text, p_customer uuid, p_order uuid, p_payment uuid, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.finance_task (id, kind, ref, customer_id, order_id, payment_id, detail, created_at)
    values (gen_random_uuid(), p_kind, p_ref, p_customer, p_order, p_payment, coalesce(p_detail, '{}'),
        public.lifecycle_now())
    on conflict on constraint finance_task_once do nothing;
end
$$;
