-- scope: tenant
-- $1 before (null: newest), $2 how many, $3 only this one
select d.id, jsonb_build_object(
        'id', d.id,
        'from', jsonb_build_object('id', d.from_user, 'name', coalesce(f.name, '')),
        'to', jsonb_build_object('id', d.to_user, 'name', coalesce(s.name, '')),
        'from_at', to_char(d.from_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'until_at', to_char(d.until_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'reason', d.reason,
        'state', case
            when d.revoked_at is not null then 'revoked'
            when now() >= d.until_at then 'over'
            when now() < d.from_at then 'ahead'
            else 'active'
        end)
from {{t}}.confirmation_delegation d
left join public.my_members f on f.user_id = d.from_user
left join public.my_members s on s.user_id = d.to_user
where d.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    and ($3::uuid is null or d.id = $3::uuid)
order by d.id desc
limit $2::integer
