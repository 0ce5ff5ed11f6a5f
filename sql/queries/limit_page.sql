-- scope: public
-- Tenants with their limits: $1 before this id, $2 how many, $3 part of the name, $4 only this one. Behind
-- the item: schema, and what the queue is told (tenant_limits.h).
select t.id, jsonb_build_object(
        'tenant', jsonb_build_object('id', t.id, 'name', t.name, 'state', t.state),
        'weight', t.weight, 'concurrency', t.concurrency_limit, 'rate_per_s', t.rate_per_s,
        'paused', t.paused, 'paused_reason', t.paused_reason,
        'paused_at', public.utc_text(t.paused_at),
        'paused_by', (select u.name from public.app_user u where u.id = t.paused_by),
        'skills', coalesce((
            select jsonb_agg(jsonb_build_object(
                'skill', substr(q.name, 3), 'slots', q.slots, 'rate_per_s', q.rate_per_s,
                'paused', q.paused, 'comment', q.comment, 'changed_at', public.utc_text(q.changed_at),
                'changed_by', (select u.name from public.app_user u where u.id = q.changed_by))
                order by q.name)
            from public.queue_limit q
            where q.tenant_id = t.id), '[]')),
    t.schema, t.weight, t.concurrency_limit, t.rate_per_s, t.paused or t.state <> 'active',
    public.queue_limit_text(t.id), t.revision
from public.tenant t
where ($1::uuid is null or t.id < $1::uuid)
    and ($3::text is null or strpos(lower(t.name), lower($3)) > 0)
    and ($4::uuid is null or t.id = $4::uuid)
order by t.id desc
limit $2::integer
