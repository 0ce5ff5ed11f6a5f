-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 states, $4 skill, $5 created_by, $6 since, $7 until
select s.id
from {{t}}.request_page($1::uuid, 5000) s
left join {{t}}.plan p on p.id = s.plan_id
where ($3::text[] is null or s.state = any ($3::text[]))
    and ($4::text is null or coalesce(p.payload ->> 'skill', (
        select j.payload ->> 'skill' from {{t}}.job j where j.id = s.run_id)) = $4)
    and ($5::uuid is null or s.created_by = $5::uuid)
    and ($6::timestamptz is null or s.created_at >= $6::timestamptz)
    and ($7::timestamptz is null or s.created_at < $7::timestamptz)
order by s.id desc
limit $2::integer
