-- scope: tenant
-- How many bytes may still come: what the store has room for beside the uploads in pieces that are under way. Null where
-- $1 user has given the key $3 to the route $2 before: what comes then is compared with what came, and not kept.
-- scan file_total: one row, and uploads that are under way are few
select case when not exists (
        select from {{t}}.idempotency i
        where i.user_id = $1::uuid
            and i.route = $2
            and i.key = $3
            and i.created_at > now() - interval '24 hours')
    then n.store_quota_bytes - t.bytes - (select coalesce(sum(u.size), 0) from {{t}}.upload u where u.expires_at > now()) end
from {{t}}.file_total t
cross join public.my_tenant n
