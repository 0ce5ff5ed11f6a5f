-- A line of a bank's statement was seen before only if it is the same money: banks restart their serials, two banks are one method,
-- and a month's price is the same for everybody. And what a line names more than one order by, or brings too much for, is said.

create or replace function public.statement_judge(p_method text, p_lines jsonb) returns table (n integer, verdict text, order_id uuid)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select x.n::integer,
        case
            when x.amount <= 0 then 'outgoing'
            -- In parts (REFERENCE/1, …): together they are the line.
            when p.parts is not null then case
                when p.amount = x.amount and p.currencies = array[x.currency]
                    and case when o.id is null then p.day = x.day else p.this_order end then 'seen'
                else 'conflict'
            end
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
    left join lateral (
        select count(*) as parts, sum(q.amount_minor) as amount, array_agg(distinct q.currency) as currencies,
            min((q.received_at at time zone public.platform_zone())::date) as day,
            bool_or(q.claimed_order = o.id or exists (
                select from public.payment_application a where a.payment_id = q.id and a.order_id = o.id)) as this_order
        from unnest(array['', '/1', '/2', '/3', '/4', '/5', '/6', '/7', '/8', '/9']) as part (suffix)
        join public.payment q on q.provider = 'manual:' || p_method and q.provider_txn = x.reference || part.suffix
        having count(*) > 0) p on true
    left join lateral (
        select count(*) as orders
        from jsonb_array_elements_text(x.order_nos) m (no)
        join public.orders w on w.no = m.no) many on true
    left join lateral (select (s.value ->> x.currency)::bigint as least from public.platform_setting s
        where s.key = 'four_eyes_min') f on true
    order by x.n;
end;
comment on function public.statement_judge(text, jsonb) is
    'what each line of a statement would do: as payment_judge says, overpaid (settled, the rest is credit), or seen (the same reference, amount, and order, or day where it names none), conflict, repeated, no_order, two_orders, approval (another person has to), outgoing';

create or replace function public.statement_task(p_format text, p_line jsonb, p_verdict text, p_order uuid) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select public.finance_task_add('statement_' || p_verdict, p_format || ':' || (p_line ->> 'reference'),
        (select o.customer_id from public.orders o where o.id = p_order), p_order, null, p_line || case p_verdict
            when 'conflict' then jsonb_build_object('remedy', jsonb_build_object(
                'en', 'another payment has this reference already, of another order, day or amount. If this is new money, confirm it by hand '
                    'with the day in its reference: execgov order confirm ORDER AMOUNT --reference "'
                    || (p_line ->> 'reference') || ' ' || (p_line ->> 'date') || '" --on ' || (p_line ->> 'date'),
                'zh-CN', '已有另一笔付款使用该流水号，但订单、日期或金额不同。若为新的款项，请手工确认并在流水号后加上日期：execgov order confirm '
                    '订单 金额 --reference "' || (p_line ->> 'reference') || ' ' || (p_line ->> 'date') || '" --on ' || (p_line ->> 'date')))
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
