-- scope: tenant
-- Skills, newest first, in skill_get's columns: $1 before (null: newest), $2 who asks, $3 how many,
-- $4 words, each of which must occur in name, title, description or examples (null: any skill).
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
where ($1::uuid is null or s.id < $1::uuid)
    and ($4::text is null or not exists (
        select
        from unnest(string_to_array(lower($4::text), ' ')) w
        where w <> ''
            and position(w in lower(concat_ws(' ', s.name, s.title, s.description, s.examples))) = 0))
order by s.id desc
limit $3::integer
