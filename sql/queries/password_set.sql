-- scope: public
-- $1 e-mail, $2 hash, $3 the session that stays (null: none), $4 who made the link that was used (null: the person
-- gave the old one, or it is not known), $5 whether api tokens end, too. Ends the other sessions, voids open reset links and
-- forgets failed log-ins.
with person as (
    update public.app_user
    set password_hash = $2,
        password_set_by = coalesce($4::uuid, password_set_by),
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
), unmade as (
    update public.api_token t
    set revoked_at = now()
    from person p
    where t.user_id = p.id
        and t.revoked_at is null
        and $5::boolean
), voided as (
    update public.invitation
    set used_at = now()
    where email = lower($1)
        and kind = 'reset'
        and used_at is null
), cleared as (
    delete from public.login_attempt
    where (kind = 'email' and subject = lower($1))
        or (kind = 'known' and starts_with(subject, lower($1) || ' '))
)
select id
from person
