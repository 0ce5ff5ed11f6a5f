-- scope: tenant
-- An upload that is under way: $1 id, $2 whose
select u.id, u.name, u.size, u.received, u.media_type, u.expires_at, u.pieces
from {{t}}.upload u
where u.id = $1::uuid
    and u.created_by = $2::uuid
    and u.expires_at > now()
