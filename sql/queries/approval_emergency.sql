-- scope: public
-- $1 request, $2 who approves it alone, $3 hash of his session, $4 why
select public.approval_emergency_add($1::uuid, $2::uuid, $3::bytea, $4)
