-- scope: public
-- A person asks for a scan: $1 id, $2 as of (us), $3 digest of the preview he has seen, $4 lets the brake go, $5 accepts
-- a gap of the clock, $6 who
insert into public.scan_run (id, kind, as_of, state, preview_digest, release_brake, accept_gap, requested_by)
values ($1::uuid, 'apply', timestamptz 'epoch' + $2::bigint * interval '1 microsecond', 'requested', $3, $4::boolean,
    $5::boolean, $6::uuid)
