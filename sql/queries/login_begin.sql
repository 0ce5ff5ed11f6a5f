-- scope: public
-- One attempt to log in: $1 e-mail, $2 network address (null: none), $3 tenant wished for (null, a
-- tenant's id, or 'platform'). Counted as failed before the password is looked at, so that attempts
-- at the same time do not slip through; login_done takes it back. Nobody is counted while blocked.
-- After 5 failures of an e-mail, 50 of an address, the wait doubles up to 15 minutes. An e-mail that
-- is blocked does not count against the address, which others may share. From an address that this e-mail
-- logged in from within 30 days its failures are counted apart (`known`): whoever only knows the e-mail
-- does not keep its owner out, and a guesser at that address has no more tries than elsewhere.
with asked as (
    select case when k.known then 'known' else 'email' end as kind,
        lower($1) || case when k.known then ' ' || $2::text else '' end as subject
    from (
        select exists (
            select
            from public.app_user u
            join public.session s on s.user_id = u.id
            where u.email = lower($1)
                and s.ip = $2::text::inet
                and s.created_at > now() - interval '30 days') as known
    ) k
    union all
    select 'ip', $2::text
    where $2::text is not null
), blocked as (
    select b.blocked_until
    from public.login_attempt b
    join asked a on a.kind = b.kind and a.subject = b.subject
    where b.blocked_until > now()
), counted as (
    insert into public.login_attempt as a (kind, subject, failures)
    select v.kind, v.subject, 1
    from asked v
    where not exists (select from blocked)
    on conflict on constraint login_attempt_pk do update
    set failures = case when a.last_at < now() - interval '1 day' then 1 else a.failures + 1 end,
        last_at = now(),
        blocked_until = case
            when a.last_at < now() - interval '1 day' then null
            when a.failures + 1 >= case a.kind when 'ip' then 50 else 5 end
            then now() + interval '1 second'
                * least(900, power(2, least(20, a.failures + 1
                    - case a.kind when 'ip' then 50 else 5 end)))
        end
    where a.blocked_until is null
        or a.blocked_until <= now()
    returning a.kind
), forgotten as (
    delete from public.login_attempt
    where last_at < now() - interval '2 days'
)
select (select count(*) from counted) = 1 + ($2::text is not null)::integer,
    (select ceil(extract(epoch from max(b.blocked_until) - now()))::integer from blocked b),
    u.id, u.password_hash,
    case
        when $3::text is null then coalesce(
            (select s.tenant_id
                from public.session s
                join public.membership m on m.tenant_id = s.tenant_id and m.user_id = s.user_id
                join public.tenant t on t.id = m.tenant_id and t.login_allowed
                where s.user_id = u.id
                order by s.created_at desc
                limit 1),
            (select m.tenant_id
                from public.membership m
                join public.tenant t on t.id = m.tenant_id and t.login_allowed
                where m.user_id = u.id
                order by m.created_at, m.tenant_id
                limit 1))
        when $3::text <> 'platform' then
            (select m.tenant_id
                from public.membership m
                join public.tenant t on t.id = m.tenant_id and t.login_allowed
                where m.user_id = u.id and m.tenant_id::text = $3::text)
    end,
    exists (select from public.platform_role r where r.user_id = u.id),
    exists (
        select
        from public.membership m
        join public.tenant t on t.id = m.tenant_id and not t.login_allowed
        where m.user_id = u.id and ($3::text is null or m.tenant_id::text = $3::text))
from (values (1)) one (one)
left join public.app_user u on u.email = lower($1) and u.state = 'active'
