-- scope: public
-- $1 request, $2 voter, $3 hash of his session, $4 approves, $5 comment
select public.approval_vote_add($1::uuid, $2::uuid, $3::bytea, $4::boolean, $5)
