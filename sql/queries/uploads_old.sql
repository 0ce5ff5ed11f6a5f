-- scope: tenant
-- Uploads that nobody went on with, at most $1; their bytes go first.
select u.id, u.created_by, u.pieces
from {{t}}.upload u
where u.expires_at < now()
order by u.expires_at
limit $1::integer
