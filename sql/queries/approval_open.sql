-- scope: public
-- $1 id, $2 action, $3 params, $4 digest, $5 why, $6 requester
select public.approval_open($1::uuid, $2, $3::jsonb, $4, $5, $6::uuid, null)
