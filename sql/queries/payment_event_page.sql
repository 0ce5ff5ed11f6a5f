-- scope: public
-- $1 before this moment (us), $2 how many, $3 only of this state
select (extract(epoch from e.received_at) * 1000000)::bigint, jsonb_build_object('provider', e.provider, 'event', e.event_id,
    'state', e.status, 'outcome', e.outcome, 'attempts', e.attempts, 'says', e.detail,
    'received_at', public.utc_text(e.received_at), 'done_at', public.utc_text(e.done_at))
from public.payment_event e
where ($1::bigint is null or e.received_at < timestamptz 'epoch' + $1::bigint * interval '1 microsecond')
    and ($3::text is null or e.status = $3)
order by e.received_at desc
limit $2::integer
