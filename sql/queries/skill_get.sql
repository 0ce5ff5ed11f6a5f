-- scope: tenant
-- One skill as it is shown: $1 name, $2 who asks (the last column: is it his).
select s.id, s.name, s.title, s.description, s.examples, s.owner,
    (select m.name from public.my_members m where m.user_id = s.owner),
    s.enabled, s.revision, s.created_at, s.updated_at, v.number, v.digest, v.manifest, v.readme,
    (select jsonb_agg(jsonb_build_object(
            'kind', b.subject_kind, 'subject', b.subject, 'actions', b.actions,
            'name', (select m.name from public.my_members m where m.user_id::text = b.subject))
            order by b.subject_kind, b.subject)
        from {{t}}.skill_binding b
        where b.skill_id = s.id),
    s.owner = $2::uuid or exists (
        select from {{t}}.skill_version w where w.skill_id = s.id and w.uploaded_by = $2::uuid)
from {{t}}.skill s
left join {{t}}.skill_version v on v.id = s.published_version
where s.name = $1
