-- scope: public
-- $1 before this id, $2 how many, $3 state, $4 only this one. Behind the item: who asked for it.
select r.id, jsonb_build_object('id', r.id, 'action', r.action, 'params', r.params, 'digest', r.params_digest,
    'reason', r.reason, 'requester', u.email, 'need', r.need,
    'state', k.state,
    'created_at', public.utc_text(r.created_at), 'expires_at', public.utc_text(r.expires_at),
    'votes', (select coalesce(jsonb_agg(jsonb_build_object('voter', w.email, 'approve', v.approve,
            'comment', v.comment, 'at', public.utc_text(v.at)) order by v.at), '[]')
        from public.approval_vote v join public.app_user w on w.id = v.voter where v.request_id = r.id),
    'emergency', (select jsonb_build_object('by', w.email, 'reason', e.reason, 'at', public.utc_text(e.at), 'reviewed_by', y.email,
            'reviewed_at', public.utc_text(x.at), 'review', x.comment)
        from public.approval_emergency e
        join public.app_user w on w.id = e.actor
        left join public.approval_review x on x.request_id = e.request_id
        left join public.app_user y on y.id = x.reviewer
        where e.request_id = r.id)), r.requester
from public.approval_request r
join public.app_user u on u.id = r.requester
cross join lateral (
    select case when r.state in ('waiting', 'approved') and r.expires_at <= now() then 'expired' else r.state end as state) k
where ($1::uuid is null or r.id < $1::uuid)
    and ($3::text is null or k.state = $3)
    and ($4::uuid is null or r.id = $4::uuid)
order by r.id desc
limit $2::integer
