-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 state (null: any), $4 requester (null: everybody)
select c.id,
    to_jsonb(c) - 'run_job' || jsonb_build_object(
        'decided_by_name', (select m.name from public.my_members m where m.user_id = c.decided_by),
        'requester_name', (select m.name from public.my_members m where m.user_id = c.requester)),
    p.body
from {{t}}.confirmation c
join {{t}}.plan p on p.id = c.plan_id
where c.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    and ($3::text is null or c.state = $3::text)
    and ($4::uuid is null or c.requester = $4::uuid)
order by c.id desc
limit $2::integer
