-- scope: public
-- Reminders and notices to customers, what was decided and what became of each message
-- $1 from, $2 to, $3 as of (days), $4 zone, $5 only this currency
with p as (
    select $1::date as first, $2::date as last, $3::date as as_of, $4::text as zone, $5::text as currency,
        $1::date::timestamp at time zone $4::text as from_at, ($2::date + 1)::timestamp at time zone $4::text as to_at,
        ($3::date + 1)::timestamp at time zone $4::text as end_at
)
select (a.as_of at time zone p.zone)::date, c.name, a.period_no, a.action, a.window_code, a.status, b.channel, b.endpoint, b.state, b.reason,
    public.utc_text(b.ended_at), s.id
from p
join public.lifecycle_action a on a.as_of >= p.from_at
    and a.as_of < p.to_at
    and a.action in ('remind', 'grace', 'shutdown', 'cancel')
join public.subscription s on s.id = a.subscription_id
join public.customer c on c.id = s.customer_id
left join public.outbox b on b.subscription_id = a.subscription_id
    and b.action_key = 'sub:' || a.subscription_id || ':' || a.period_no || ':' || a.window_code
    and b.event = 'subscription.' || case a.action when 'remind' then 'reminder' else a.action end
where p.currency is null
    or exists (select from public.edition_version v where v.id = s.edition_version and v.currency = p.currency)
order by a.as_of, a.subscription_id, a.period_no, a.action, a.window_code, b.channel, b.endpoint
