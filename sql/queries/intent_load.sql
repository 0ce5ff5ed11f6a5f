-- scope: tenant
-- Everything the recogniser may know of this tenant: $1 requester. One row a skill that can run; the
-- revision changes when any of them does. The last column: of which action alone a text is an example.
select s.name, s.title, s.description, s.examples, v.manifest, v.readme,
    (select jsonb_agg(jsonb_build_object(
            'kind', b.subject_kind, 'subject', b.subject, 'actions', b.actions))
        from {{t}}.skill_binding b
        where b.skill_id = s.id),
    (select m.role from public.my_members m where m.user_id = $1::uuid and m.state = 'active'),
    v.digest, s.revision,
    (select jsonb_object_agg(u.text, u.action)
        from {{t}}.unmet u
        where u.skill = s.name and u.state = 'approved' and u.action is not null)
from {{t}}.skill s
join {{t}}.skill_version v on v.id = s.published_version
where s.enabled
    and v.state = 'published'
order by s.name
