-- Two pairs of eyes belong to two people. Whoever made the link that set somebody's password may have used it
-- himself (app_user.password_set_by): where others have to decide, such a person does not decide about what the
-- link's maker asked for, nor counts beside him. And whoever is only to look does not decide in another's place either.

-- Whose right counts when this person decides: his own, or that of somebody who named him. A right that comes from
-- the requester counts for nothing here.
create or replace function {{t}}.confirmation_right(
    c {{t}}.confirmation, p_requesters uuid[], p_four_eyes boolean, p_user uuid, p_role text)
    returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_four_eyes and exists (
            select from public.app_user u
            where u.id = p_user and u.password_set_by = any (p_requesters))
            then null
        when p_role = any ({{t}}.confirmation_roles(c)) then p_user
        when not p_four_eyes and p_user = c.requester and p_role in ('owner', 'admin', 'operator')
            then p_user
        else (
            select d.from_user
            from {{t}}.confirmation_delegation d
            join public.tenant t on t.schema = '{{t}}'
            join public.membership m on m.tenant_id = t.id and m.user_id = d.from_user
            join public.app_user u on u.id = m.user_id and u.state = 'active'
            where d.to_user = p_user
              and p_role in ('owner', 'admin', 'operator', 'approver', 'finance')
              and d.revoked_at is null
              and now() >= d.from_at
              and now() < d.until_at
              and m.role = any ({{t}}.confirmation_roles(c))
              and d.from_user <> all (p_requesters)
              and (u.password_set_by is null or u.password_set_by <> all (p_requesters))
            order by d.created_at
            limit 1)
    end
$$;

-- How many different people stand behind it now. Who left, or lost the right, does not count; the vote of somebody
-- whose password another member set counts for that member.
create or replace function {{t}}.confirmation_count(c {{t}}.confirmation, p_requesters uuid[], p_four_eyes boolean)
    returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select count(distinct coalesce(own.user_id, lent.user_id, v.behalf_of))::integer
    from {{t}}.confirmation_vote v
    join public.tenant t on t.schema = '{{t}}'
    join public.membership m on m.tenant_id = t.id and m.user_id = v.user_id
    join public.app_user u on u.id = m.user_id and u.state = 'active'
    join public.app_user b on b.id = v.behalf_of
    left join public.membership own on own.tenant_id = t.id and own.user_id = u.password_set_by
    left join public.membership lent on lent.tenant_id = t.id and lent.user_id = b.password_set_by
    where v.confirmation_id = c.id
      and {{t}}.confirmation_right(c, p_requesters, p_four_eyes, v.user_id, m.role) = v.behalf_of
$$;

create or replace function {{t}}.confirmation_delegate(
    p_id uuid, p_to uuid, p_from_at timestamptz, p_until_at timestamptz, p_reason text,
    p_session_token_hash bytea)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
    v_code text;
begin
    select * into who from {{t}}.confirmation_session(p_session_token_hash);
    v_code := case
        when who.code <> 'ok' then who.code
        when who.role is null or who.role not in ('owner', 'admin', 'approver') then 'forbidden'
        when p_to is null or p_to = who.user_id then 'invalid_input'
        when p_until_at <= greatest(p_from_at, now())
            or p_until_at > p_from_at + interval '92 days' then 'invalid_input'
        when coalesce(char_length(btrim(p_reason)), 0) not between 1 and 500 then 'invalid_input'
        when not exists (
            select from public.membership m
            join public.tenant t on t.id = m.tenant_id and t.schema = '{{t}}'
            join public.app_user u on u.id = m.user_id and u.state = 'active'
            where m.user_id = p_to
              and m.role in ('owner', 'admin', 'operator', 'approver', 'finance')) then 'not_found'
        else 'ok'
    end;
    if v_code <> 'ok' then
        return v_code;
    end if;
    insert into {{t}}.confirmation_delegation (id, from_user, to_user, from_at, until_at, reason)
    values (p_id, who.user_id, p_to, p_from_at, p_until_at, btrim(p_reason));
    insert into {{t}}.audit_event (actor, actor_kind, kind, action, subject_kind, subject, detail)
    values (who.user_id, 'user', 'confirmation', 'confirmation.delegated', 'delegation', p_id::text,
            jsonb_build_object('to', p_to, 'from_at', p_from_at, 'until_at', p_until_at,
                               'reason', btrim(p_reason)));
    return 'ok';
end
$$;
