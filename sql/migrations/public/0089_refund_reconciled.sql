-- A refund that is recorded here and was never made over there is found by the provider's files, as a payment is. A refund in
-- parts is compared with its parts: two files of two days have each their own.

create index payment_return_recorded on public.payment_return (recorded_at);

create or replace function public.payment_reconcile(
    p_provider text, p_id uuid, p_file text, p_sha256 text, p_lines jsonb, p_from date, p_to date, p_actor uuid, p_dry boolean)
    returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_zone text := (select value #>> '{}' from public.platform_setting where key = 'timezone');
    v_lines jsonb;
    v_counts jsonb;
begin
    perform public.gov_must(exists (select from public.payment_provider where code = p_provider), 'not_found');
    perform pg_advisory_xact_lock(hashtextextended('reconcile:' || p_provider, 0));
    with file as (
        select l.v ->> 'reference' as txn, case when (l.v ->> 'amount_minor')::bigint < 0 then 'refund' else 'payment' end as kind,
            sum(abs((l.v ->> 'amount_minor')::bigint))::bigint as amount, min(l.v ->> 'currency') as currency,
            min((l.v ->> 'date')::date) as day, min(l.v ->> 'order_no') as order_no
        from jsonb_array_elements(p_lines) as l (v)
        group by 1, 2
    ), there as (
        select f.txn, f.kind, f.amount, f.currency, f.day, f.order_no, p.id as payment, p.claimed_order,
            case f.kind when 'payment' then p.amount_minor else r.amount end as ours,
            case
                when f.kind = 'payment' and p.id is null then 'missing_here'
                when f.kind = 'refund' and r.amount is null then 'missing_here'
                when p.currency <> f.currency then 'amount_diff'
                when f.kind = 'payment' and p.amount_minor <> f.amount then 'amount_diff'
                when f.kind = 'refund' and r.amount <> f.amount and not exists (
                    select from public.payment_return q where q.payment_id = p.id and q.amount_minor = f.amount) then 'amount_diff'
                else 'matched'
            end as result
        from file f
        left join public.payment p on p.provider = p_provider and p.provider_txn = f.txn
        left join lateral (select sum(q.amount_minor)::bigint as amount from public.payment_return q where q.payment_id = p.id) r
            on true
    ), days as (
        select p_from::timestamp at time zone v_zone as from_at, (p_to + 1)::timestamp at time zone v_zone as to_at
    ), here as (
        select p.provider_txn as txn, 'payment' as kind, null::bigint as amount, p.currency,
            (p.received_at at time zone v_zone)::date as day, null::text as order_no, p.id as payment, p.claimed_order,
            p.amount_minor as ours, 'missing_there' as result
        from public.payment p, days d
        where p.provider = p_provider
            and p.received_at >= d.from_at
            and p.received_at < d.to_at
            and not exists (select from file f where f.kind = 'payment' and f.txn = p.provider_txn)
            and not exists (select from public.reconciliation_line k
                where k.provider = p_provider and k.kind = 'payment' and k.txn = p.provider_txn)
        union all
        select p.provider_txn, 'refund', null, p.currency, min((r.recorded_at at time zone v_zone)::date), null, p.id, p.claimed_order,
            sum(r.amount_minor)::bigint, 'missing_there'
        from days d
        join public.payment_return r on r.recorded_at >= d.from_at and r.recorded_at < d.to_at
        join public.payment p on p.id = r.payment_id and p.provider = p_provider
        where not exists (select from file f where f.kind = 'refund' and f.txn = p.provider_txn)
            and not exists (select from public.reconciliation_line k
                where k.provider = p_provider and k.kind = 'refund' and k.txn = p.provider_txn)
        group by p.id
    ), every as (
        select * from there
        union all
        select * from here
    )
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('txn', e.txn, 'kind', e.kind, 'amount_minor', e.amount,
            'ours_minor', e.ours, 'currency', e.currency, 'day', e.day, 'order_no', e.order_no, 'payment', e.payment, 'order',
            e.claimed_order, 'result', e.result)) order by e.kind, e.txn), '[]')
    into v_lines
    from every e;
    select jsonb_build_object('lines', jsonb_array_length(p_lines),
        'matched', count(*) filter (where r = 'matched'), 'amount_diff', count(*) filter (where r = 'amount_diff'),
        'missing_here', count(*) filter (where r = 'missing_here'), 'missing_there', count(*) filter (where r = 'missing_there'))
    into v_counts
    from (select v ->> 'result' as r from jsonb_array_elements(v_lines) as l (v)) x;
    if not p_dry then
        perform public.payment_reconciled(p_provider, p_id, p_file, p_sha256, v_lines, v_counts, p_from, p_to, p_actor);
    end if;
    return jsonb_build_object('counts', v_counts, 'from', p_from, 'to', p_to, 'items',
        (select coalesce(jsonb_agg(l.v), '[]') from jsonb_array_elements(v_lines) as l (v) where l.v ->> 'result' <> 'matched'));
end
$$;
