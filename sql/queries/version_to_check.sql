-- scope: tenant
-- With how much the tenant's store has room for, and the runtimes of own wheels that are counted in it already.
-- scan file_total, own_runtime: file_total is one row, and a tenant's own runtimes are few
select v.id, s.name, v.package_file, f.sha256, v.runtime, v.state, f.name,
    (select n.store_quota_bytes - t.bytes from {{t}}.file_total t cross join public.my_tenant n),
    (select coalesce(jsonb_agg(o.digest), '[]') from {{t}}.own_runtime o where o.counted)
from {{t}}.skill_version v
join {{t}}.skill s on s.id = v.skill_id
join {{t}}.file f on f.id = v.package_file
where v.id = $1::uuid
