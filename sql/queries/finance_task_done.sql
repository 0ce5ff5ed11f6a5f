-- scope: public
-- $1 task, $2 who, $3 how it ended; one that is done, or is not there: not_found; one that another person has to review: conflict
with ended as (
    update public.finance_task f
    set done_at = public.lifecycle_now(),
        done_by = $2::uuid,
        outcome = $3
    where f.id = $1::uuid
        and f.done_at is null
        and f.kind <> 'emergency_review'
    returning f.*
)
select public.gov_must(exists (select from ended), case when exists (
        select from public.finance_task f
        where f.id = $1::uuid
            and f.done_at is null
            and f.kind = 'emergency_review') then 'conflict' else 'not_found' end), (
    select jsonb_build_object('id', f.id, 'kind', f.kind, 'ref', f.ref, 'customer_id', f.customer_id, 'order_id', f.order_id,
        'payment_id', f.payment_id, 'detail', f.detail, 'created_at', public.utc_text(f.created_at),
        'done_at', public.utc_text(f.done_at), 'outcome', f.outcome)
    from ended f)
