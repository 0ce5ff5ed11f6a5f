-- scope: tenant
-- Uploads that are on their way, $1 at most: id, whose, pieces.
select u.id, u.created_by, u.pieces
from {{t}}.upload u
order by u.id
limit $1::integer
