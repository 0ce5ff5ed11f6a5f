-- scope: public
-- $1 request, $2 who has looked at it, $3 hash of his session, $4 what he found
select public.approval_review_add($1::uuid, $2::uuid, $3::bytea, $4)
