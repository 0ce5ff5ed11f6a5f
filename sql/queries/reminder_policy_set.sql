-- scope: public
-- $1 code, $2 terms, $3 why, $4 actor
select null, public.reminder_policy_set($1, $2::jsonb, $3, $4::uuid)
