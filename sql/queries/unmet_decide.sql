-- scope: tenant
-- $1 id, $2 approved or rejected, $3 skill, $4 action, $5 who, $6 actor kind. Approved, the text is an
-- example of the skill from now on, and its revision says so to the recogniser.
with decided as (
    update {{t}}.unmet
    set state = $2,
        skill = coalesce($3, skill),
        action = case when $3 is null then action else $4 end,
        decided_by = $5::uuid,
        decided_at = now()
    where id = $1::uuid
        and state = 'open'
    returning id, text, skill, action
), taught as (
    update {{t}}.skill s
    set examples = case when s.examples ? d.text then s.examples else s.examples || to_jsonb(d.text) end,
        revision = s.revision + 1,
        updated_at = now()
    from decided d
    where $2 = 'approved'
        and s.name = d.skill
    returning s.id
), audited as (
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    select $5::uuid, $6, 'skill', 'example.' || $2, 'unmet', d.id::text,
        jsonb_strip_nulls(jsonb_build_object('text', d.text, 'skill', d.skill, 'action', d.action))
    from decided d
)
select public.gov_must(exists (select from decided), 'already_decided'),
    public.gov_must($2 = 'rejected' or exists (select from taught), 'not_found')
