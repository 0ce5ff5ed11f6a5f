-- A dispute that is told in the instant of its payment's commit: neither saw the other, and the task spoke of a payment that is not in the
-- books, though it is. Whoever comes second waits for the first, until its commit, and then sees it. Of 256 locks each payment has one:
-- a transaction of many payments has no more than that.

create function public.payment_told_lock(p_provider text, p_txn text) returns void
    language sql
    set search_path = pg_catalog, pg_temp
begin atomic
    select pg_advisory_xact_lock(hashtextextended('payment:' || (hashtextextended(p_provider || ':' || p_txn, 0) & 255), 0));
end;
comment on function public.payment_told_lock(text, text) is
    'one transaction at a time writes a payment of this 256th of them, or what was told of it; the lock of a payment is the last that its transaction takes';

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
    -- What was read before the lock is not believed after it: nothing is read before it.
    perform public.payment_told_lock(p_provider, p_says ->> 'txn');
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

create or replace function public.payment_dispute_found() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    -- Of what was confirmed by hand no provider tells disputes; and a bank's file would take a lock for each of its lines.
    if new.provider like 'manual:%' then
        return null;
    end if;
    perform public.payment_told_lock(new.provider, new.provider_txn);
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

-- Those that were missed.
select public.payment_dispute_reword(f.id)
from public.finance_task f
join public.payment p on p.provider_txn = f.detail ->> 'txn' and f.ref = p.provider || ':' || (f.detail ->> 'refund')
where f.kind = 'payment_disputed'
    and f.payment_id is null
    and f.done_at is null;
