-- scope: lifecycle
-- $1 at most so many; 0: there is nothing to wake
select public.policy_wake($1::integer)
