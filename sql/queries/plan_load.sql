-- scope: tenant
-- All a plan needs to know: $1 skill, $2 version number (null: the published one), $3 requester,
-- $4 ids of files that may be meant.
select s.id, s.enabled, s.owner,
    (select o.name from public.my_members o where o.user_id = s.owner),
    v.id, v.number, v.digest, v.state, v.uploaded_by, v.runtime, v.runtime_digest, v.manifest,
    s.settings,
    (select jsonb_agg(jsonb_build_object(
            'kind', b.subject_kind, 'subject', b.subject, 'actions', b.actions))
        from {{t}}.skill_binding b
        where b.skill_id = s.id),
    (select m.role from public.my_members m where m.user_id = $3::uuid and m.state = 'active'),
    (select jsonb_object_agg(f.id, jsonb_build_object(
            'name', f.name, 'bytes', f.size, 'sha256', f.sha256, 'media_type', f.media_type,
            'created_by', f.created_by))
        from {{t}}.file f
        where f.id = any ($4::uuid[])
            and f.kind in ('upload', 'artifact')
            and f.deleted_at is null),
    (select c.value from {{t}}.setting c where c.key = 'confirmation'),
    (select jsonb_agg(jsonb_build_object('id', m.user_id, 'name', m.name, 'role', m.role)
            order by m.name)
        from public.my_members m
        where m.role in ('owner', 'admin', 'operator', 'approver', 'finance')
            and m.state = 'active'
            and m.user_id <> $3::uuid),
    (select jsonb_build_object('state', t.state, 'limit', t.concurrency_limit, 'paused', t.paused,
            'timezone', t.timezone)
        from public.my_tenant t),
    (select n.revision from {{t}}.planning n where n.one),
    v.tree_digest,
    (select jsonb_build_object('id', k.id, 'key', k.public_key::text) from public.my_seal_key k),
    v.signature,
    (select g.value from {{t}}.setting g where g.key = 'signing')
from {{t}}.skill s
left join {{t}}.skill_version v on v.id = coalesce(
    (select w.id from {{t}}.skill_version w where w.skill_id = s.id and w.number = $2::integer),
    case when $2::integer is null then s.published_version end)
where s.name = $1
