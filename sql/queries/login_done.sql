-- scope: public
-- The password was right: forget the failures of e-mail $1, and what $2 counted for this attempt. Where this
-- address is a known one (login_begin), only what was counted apart for it: what others guess elsewhere goes on.
with known as (
    delete from public.login_attempt
    where kind = 'known'
        and subject = lower($1) || ' ' || $2::text
    returning subject
), cleared as (
    delete from public.login_attempt
    where kind = 'email'
        and subject = lower($1)
        and not exists (select from known)
)
update public.login_attempt
set failures = greatest(failures - 1, 0),
    blocked_until = null
where kind = 'ip'
    and subject = $2
