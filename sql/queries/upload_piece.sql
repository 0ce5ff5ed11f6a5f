-- scope: tenant
-- A piece came: $1 upload, $2 whose, $3 where it begins, $4 how long it is, $5 its name in the store. No row: another
-- piece was there first.
update {{t}}.upload u
set received = u.received + $4::bigint,
    pieces = u.pieces || $5::uuid,
    expires_at = now() + interval '1 day'
where u.id = $1::uuid
    and u.created_by = $2::uuid
    and u.received = $3::bigint
    and u.expires_at > now()
returning u.id, u.name, u.size, u.received, u.media_type, u.expires_at, u.pieces
