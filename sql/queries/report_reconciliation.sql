-- scope: public
-- Lines of providers' settlement files, what each became, and whether somebody has seen to it
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
-- scan reconciliation_line: a report reads what there is
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select x.provider, x.day, x.kind, x.txn, x.result, x.amount_minor, x.currency, x.file_name,
    case when f.id is null then null when f.done_at is null then 'open' else 'done' end, f.outcome, u.email
from p
cross join lateral (
    select l.provider, l.day, l.kind, l.txn, l.result, l.amount_minor, l.currency, i.file_name
    from public.reconciliation_line l
    join public.statement_import i on i.id = l.import_id
    where l.day between p.first and p.last
    union all
    select split_part(t.ref, ':', 1), (t.detail ->> 'day')::date, t.detail ->> 'kind', t.detail ->> 'txn', 'missing_there',
        coalesce((t.detail ->> 'ours_minor')::bigint, (t.detail ->> 'amount_minor')::bigint), t.detail ->> 'currency', null
    from public.finance_task t
    where t.kind = 'reconcile_missing_there'
        and (t.detail ->> 'day')::date between p.first and p.last) x
left join public.finance_task f on f.kind = 'reconcile_' || x.result
    and f.ref = x.provider || ':' || x.kind || ':' || x.txn
left join public.app_user u on u.id = f.done_by
where p.as_of is not null
    and (p.currency is null or x.currency = p.currency)
order by x.day, x.provider, x.kind, x.txn, x.result
