-- scope: public
-- The password was right: forget the failures of e-mail $1, and what $2 counted for this attempt.
with cleared as (
    delete from public.login_attempt
    where kind = 'email'
        and subject = lower($1)
)
update public.login_attempt
set failures = greatest(failures - 1, 0),
    blocked_until = null
where kind = 'ip'
    and subject = $2
