-- scope: public
-- $1 e-mail, $2 hash, $3 the session that stays (null: none). Ends the other sessions, voids open reset
-- links and forgets failed log-ins.
with person as (
    update public.app_user
    set password_hash = $2,
        revision = revision + 1
    where email = lower($1)
    returning id
), ended as (
    update public.session s
    set revoked_at = now()
    from person p
    where s.user_id = p.id
        and s.revoked_at is null
        and s.id is distinct from $3::uuid
), voided as (
    update public.invitation
    set used_at = now()
    where email = lower($1)
        and kind = 'reset'
        and used_at is null
), cleared as (
    delete from public.login_attempt
    where kind = 'email'
        and subject = lower($1)
)
select id
from person
