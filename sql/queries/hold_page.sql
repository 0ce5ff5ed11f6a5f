-- scope: public
-- $1 subscription
select h.id, jsonb_build_object('id', h.id, 'kind', h.kind, 'until', public.utc_text(h.until_at), 'reason', h.reason,
    'created_at', public.utc_text(h.created_at), 'released_at', public.utc_text(h.released_at))
from public.hold h
where h.subscription_id = $1::uuid
order by h.created_at desc
