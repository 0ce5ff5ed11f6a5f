-- scope: tenant
-- Versions of a skill, newest first: $1 name of the skill, $2 number (null: all), $3 before this number,
-- $4 how many, $5 state (null: any), $6 see only what was published and what this person uploaded (null: all).
select v.id, v.skill_id, s.name, v.number, v.state, v.digest, v.package_file, f.size, v.runtime,
    v.manifest, v.findings, v.files, v.readme, v.uploaded_by,
    (select m.name from public.my_members m where m.user_id = v.uploaded_by),
    v.created_at, v.reviewed_by,
    (select m.name from public.my_members m where m.user_id = v.reviewed_by),
    v.reviewed_at, v.review_comment, v.published_at, coalesce(s.published_version = v.id, false),
    coalesce((select (c.value ->> 'four_eyes')::boolean
        from {{t}}.setting c
        where c.key = 'review'), false)
        or exists ( -- an action of high risk in what was published last is none here, and somebody else may look at it
            select
            from (select b.manifest
                from {{t}}.skill_version b
                where b.skill_id = v.skill_id and b.id <> v.id and b.published_at is not null
                order by b.published_at desc
                limit 1) last
            cross join lateral jsonb_array_elements(last.manifest -> 'actions') was
            where v.state = 'in_review'
                and was ->> 'risk' = 'high'
                and not exists (
                    select
                    from jsonb_array_elements(v.manifest -> 'actions') now
                    where now ->> 'name' = was ->> 'name' and now ->> 'risk' = 'high')
                and exists (
                    select
                    from public.my_members m
                    where m.user_id <> v.uploaded_by and m.state = 'active' and m.role in ('owner', 'admin'))),
    s.owner,
    (select p.number from {{t}}.skill_version p where p.id = s.published_version),
    v.runtime_digest, v.signature,
    (select g.value from {{t}}.setting g where g.key = 'signing'),
    (select o.bytes from {{t}}.own_runtime o where o.digest = v.runtime_digest)
from {{t}}.skill s
join {{t}}.skill_version v on v.skill_id = s.id
join {{t}}.file f on f.id = v.package_file
where s.name = $1
    and ($2::integer is null or v.number = $2::integer)
    and ($3::integer is null or v.number < $3::bigint)
    and ($5::text is null or v.state = $5)
    and ($6::uuid is null or v.state = 'published' or v.uploaded_by = $6::uuid or s.owner = $6::uuid)
order by v.number desc
limit $4::integer
