-- A line of a statement whose reference is other money's is confirmed by hand with its day in the reference, as its task says. It was a
-- conflict all the same: the task did not end, and the same file said so again. Money under "REFERENCE DATE" is that line.

create or replace function public.statement_judge(p_method text, p_lines jsonb) returns table (n integer, verdict text, order_id uuid)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select x.n::integer,
        case
            when x.amount <= 0 then 'outgoing'
            when p.seen then 'seen'
            when p.other then 'conflict'
            when x.again > 1 then 'repeated'
            when o.id is null then 'no_order'
            when many.orders > 1 then 'two_orders'
            when f.least is null or x.amount >= f.least then 'approval'
            when public.payment_judge(o, x.amount, x.currency) = 'settled' and x.amount > o.amount_minor then 'overpaid'
            else public.payment_judge(o, x.amount, x.currency)
        end,
        o.id
    from (
        select l.n, l.v ->> 'reference' as reference, (l.v ->> 'amount_minor')::bigint as amount, l.v ->> 'currency' as currency,
            (l.v ->> 'date')::date as day, l.v ->> 'order_no' as order_no, l.v -> 'order_nos' as order_nos,
            row_number() over (partition by l.v ->> 'reference' order by l.n) as again
        from jsonb_array_elements(p_lines) with ordinality as l (v, n)) x
    left join public.orders o on o.no = x.order_no
    -- In parts (REFERENCE/1, …): together they are the line. Where the reference is other money's, the line's own is "REFERENCE DATE".
    cross join lateral (
        select bool_or(k.amount = x.amount and k.currencies = array[x.currency]
                and case when o.id is null then k.day = x.day else k.this_order end) as seen,
            bool_or(not k.dated) as other
        from (
            select name.dated, sum(q.amount_minor) as amount, array_agg(distinct q.currency) as currencies,
                min((q.received_at at time zone public.platform_zone())::date) as day,
                bool_or(q.claimed_order = o.id or exists (
                    select from public.payment_application a where a.payment_id = q.id and a.order_id = o.id)) as this_order
            from (values (x.reference, false), (x.reference || ' ' || to_char(x.day, 'YYYY-MM-DD'), true)) as name (reference, dated)
            cross join unnest(array['', '/1', '/2', '/3', '/4', '/5', '/6', '/7', '/8', '/9']) as part (suffix)
            join public.payment q on q.provider = 'manual:' || p_method and q.provider_txn = name.reference || part.suffix
            group by name.dated) k) p
    left join lateral (
        select count(*) as orders
        from jsonb_array_elements_text(x.order_nos) m (no)
        join public.orders w on w.no = m.no) many on true
    left join lateral (select (s.value ->> x.currency)::bigint as least from public.platform_setting s
        where s.key = 'four_eyes_min') f on true
    order by x.n;
end;
comment on function public.statement_judge(text, jsonb) is
    'what each line of a statement would do: as payment_judge says, overpaid (settled, the rest is credit), or seen (the same reference, also with the line''s day behind it, amount, and order, or day where it names none), conflict, repeated, no_order, two_orders, approval (another person has to), outgoing';

create or replace function public.statement_task(p_format text, p_line jsonb, p_verdict text, p_order uuid) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.finance_task_add('statement_' || p_verdict, p_format || ':' || (p_line ->> 'reference'),
        (select o.customer_id from public.orders o where o.id = p_order), p_order, null, p_line || case p_verdict
            when 'conflict' then jsonb_build_object('remedy', jsonb_build_object(
                'en', 'another payment has this reference already, of another order, day or amount. If this is new money, confirm it by hand '
                    'with the day in its reference: execgov order confirm ORDER AMOUNT --reference "'
                    || (p_line ->> 'reference') || ' ' || (p_line ->> 'date') || '" --on ' || (p_line ->> 'date') || ', which ends this',
                'zh-CN', '已有另一笔付款使用该流水号，但订单、日期或金额不同。若为新的款项，请手工确认并在流水号后加上日期：execgov order confirm '
                    '订单 金额 --reference "' || (p_line ->> 'reference') || ' ' || (p_line ->> 'date') || '" --on ' || (p_line ->> 'date')
                    || '，确认后本待办自动结束'))
            when 'two_orders' then jsonb_build_object('remedy', jsonb_build_object(
                'en', 'it names several orders (' || (select string_agg(m.no, ', ') from jsonb_array_elements_text(p_line -> 'order_nos') m (no))
                    || '). Confirm each with its part and a reference of its own: execgov order confirm ORDER PART --reference "'
                    || (p_line ->> 'reference') || '/1" --on ' || (p_line ->> 'date') || ', then /2, …; together they are this line',
                'zh-CN', '该行涉及多个订单（' || (select string_agg(m.no, '、') from jsonb_array_elements_text(p_line -> 'order_nos') m (no))
                    || '）。请按订单拆分确认，流水号依次加后缀：execgov order confirm 订单 金额 --reference "'
                    || (p_line ->> 'reference') || '/1" --on ' || (p_line ->> 'date') || '，其次 /2……；各部分合计即为该行'))
            else '{}'
        end);
end;

create or replace function public.statement_task_end() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_method text := substr(new.provider, length('manual:') + 1);
begin
    -- The line's own reference, also with its day, or the part of it that this is. Which it is, and whether all parts are there, is what the
    -- same file would say.
    update public.finance_task f
    set done_at = public.lifecycle_now(), done_by = new.recorded_by, payment_id = new.id,
        outcome = 'paid: payment ' || new.id || coalesce(', order ' || (select o.no from public.orders o where o.id = new.claimed_order), '')
    where f.kind in ('statement_no_order', 'statement_two_orders', 'statement_approval', 'statement_conflict')
        and f.ref in (
            select s.code || ':' || r.reference
            from public.statement_format s
            cross join (values (new.provider_txn), (regexp_replace(new.provider_txn, '/[1-9]$', '')),
                (regexp_replace(new.provider_txn, ' \d{4}-\d\d-\d\d(/[1-9])?$', ''))) r (reference)
            where s.method = v_method)
        and f.done_at is null
        and (select j.verdict from public.statement_judge(v_method, jsonb_build_array(f.detail)) j) = 'seen';
    return null;
end
$$;

-- Those that stand already.
update public.finance_task f
set done_at = public.lifecycle_now(), outcome = 'paid before'
from public.statement_format s
where f.kind in ('statement_no_order', 'statement_two_orders', 'statement_approval', 'statement_conflict')
    and f.done_at is null
    and f.ref = s.code || ':' || (f.detail ->> 'reference')
    and (select j.verdict from public.statement_judge(s.method, jsonb_build_array(f.detail)) j) = 'seen';
