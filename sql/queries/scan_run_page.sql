-- scope: public
-- $1 before this id, $2 how many, $3 only this one
select r.id, jsonb_build_object('id', r.id, 'kind', r.kind, 'as_of', public.utc_text(r.as_of), 'state', r.state,
    'preview_digest', r.preview_digest, 'counts', r.counts, 'problem', r.problem, 'tz_version', r.tz_version,
    'started_at', public.utc_text(r.started_at), 'finished_at', public.utc_text(r.finished_at))
from public.scan_run r
where ($1::uuid is null or r.id < $1::uuid)
    and ($3::uuid is null or r.id = $3::uuid)
order by r.id desc
limit $2::integer
