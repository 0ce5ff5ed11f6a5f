-- A line of a statement that was a task is seen to once its money is in the books: the task ends with the payment, not by hand after it.

create function public.statement_task_end() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_method text := substr(new.provider, length('manual:') + 1);
begin
    -- The line's own reference, or the part of it that this is. Which it is, and whether all parts are there, is what the same file would say.
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = new.recorded_by, payment_id = new.id,
        outcome = 'paid: payment ' || new.id || coalesce(', order ' || (select o.no from public.orders o where o.id = new.claimed_order), '')
    where f.kind in ('statement_no_order', 'statement_two_orders', 'statement_approval', 'statement_conflict')
        and f.ref in (
            select s.code || ':' || r.reference
            from public.statement_format s
            cross join (values (new.provider_txn), (regexp_replace(new.provider_txn, '/[1-9]$', ''))) r (reference)
            where s.method = v_method)
        and f.done_at is null
        and (select j.verdict from public.statement_judge(v_method, jsonb_build_array(f.detail)) j) = 'seen';
    return null;
end
$$;
comment on function public.statement_task_end() is 'a payment by hand is the line that was a task: the task ends with it';
-- At the end of its transaction, when it is known which orders it has settled.
create constraint trigger statement_task_end after insert on public.payment deferrable initially deferred
    for each row when (new.provider like 'manual:%') execute function public.statement_task_end();

-- Those that stand already.
update public.finance_task f
set done_at = public.lifecycle_now(), outcome = 'paid before'
from public.statement_format s
where f.kind in ('statement_no_order', 'statement_two_orders', 'statement_approval', 'statement_conflict')
    and f.done_at is null
    and f.ref = s.code || ':' || (f.detail ->> 'reference')
    and (select j.verdict from public.statement_judge(s.method, jsonb_build_array(f.detail)) j) = 'seen';
