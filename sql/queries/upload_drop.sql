-- scope: tenant
-- An upload is given up, or has become a file: $1 id, $2 whose
delete from {{t}}.upload u
where u.id = $1::uuid
    and u.created_by = $2::uuid
returning u.pieces
