-- scope: tenant
-- scan file_total: file_total is one row
-- What the run $1 needs besides its payload, read behind its claim or by the run itself. Who may run it
-- is read again (core/store/queue/admission.h): it was planned a while ago. With the database's clock in us, and of
-- the HTTP resources it was planned to call (null: it calls none) those that are granted now, with the versions of their
-- credentials. Last the plan as it was shown (null: of a low-risk run by hand none is stored). A payload that says
-- nothing here (a later version wrote it) has no row, and is no error: a claim would fail with it.
select v.id, v.digest, v.state, v.manifest, v.package_file, v.runtime, f.sha256,
    (select coalesce(max(l.seq), 0) from {{t}}.run_log l where l.job_id = j.id),
    (select m.timezone from public.my_members m where m.user_id = j.created_by),
    s.enabled,
    (select o.name from public.my_members o where o.user_id = s.owner),
    v.tree_digest,
    v.uploaded_by,
    (select m.role from public.my_members m where m.user_id = j.created_by and m.state = 'active'),
    (select jsonb_agg(jsonb_build_object(
            'kind', b.subject_kind, 'subject', b.subject, 'actions', b.actions))
        from {{t}}.skill_binding b
        where b.skill_id = s.id),
    (select t.bytes > n.store_quota_bytes from {{t}}.file_total t cross join public.my_tenant n),
    (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    v.runtime_digest,
    case when jsonb_typeof(j.payload -> 'credentials') = 'object' then coalesce(
        (select jsonb_object_agg(r.name, coalesce(r.credential_version, 0))
            from public.my_resources r
            where r.name in (select jsonb_object_keys(j.payload -> 'credentials'))),
        '{}') end,
    (select p.body
        from {{t}}.plan p
        where p.request_id = j.request_id and p.digest = j.plan_digest
        order by p.created_at, p.id
        limit 1)
from {{t}}.job j
join {{t}}.skill s on s.name = j.payload ->> 'skill'
join {{t}}.skill_version v on v.skill_id = s.id
    and v.number = case when j.payload ->> 'version' ~ '^[0-9]{1,9}$' then (j.payload ->> 'version')::integer end
join {{t}}.file f on f.id = v.package_file
where j.id = $1::uuid
