-- scope: tenant
-- $1 version, $2 approved | rejected, $3 comment, $4 who, $5 actor kind. One decision only.
with reviewed as (
    update {{t}}.skill_version
    set state = $2,
        review_comment = $3,
        reviewed_by = $4::uuid,
        reviewed_at = now()
    where id = $1::uuid
        and state = 'in_review'
    returning id, digest, number
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $4::uuid, $5, 'skill', 'skill.' || $2, 'skill_version', r.id::text,
        jsonb_strip_nulls(jsonb_build_object('version', r.number, 'digest', r.digest, 'comment', $3::text))
    from reviewed r
)
select public.gov_must(exists (select from reviewed), 'already_decided')
