-- scope: public
-- $1 tenant: its slots for skills, and which orders brought some. One that was refunded whole has brought none.
select jsonb_build_object('used', a.used, 'base', a.base, 'limit', public.quota_limit(a.tenant_id, a.resource),
    'grants', (select coalesce(jsonb_agg(jsonb_build_object('slots', g.delta, 'order_no', o.no, 'since', public.utc_text(g.from_at),
                'until', public.utc_text(g.to_at)) order by g.from_at, g.id), '[]')
        from public.quota_grant g
        left join public.orders o on o.id = g.order_id
        where g.tenant_id = a.tenant_id
            and g.resource = a.resource
            and (g.to_at is null or g.to_at > now())))
from public.quota_account a
where a.tenant_id = $1::uuid
    and a.resource = 'skills'
