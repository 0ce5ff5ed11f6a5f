-- Who would be let decide is asked in one place: by the person who looks at a plan ("may I?"), and by whoever asks why it
-- waits ("for whom?").

create function {{t}}.confirmation_four_eyes_{{t}}(p_confirmation_id uuid) returns boolean
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce(p.risk, 'high') = 'high' or coalesce((c.rule ->> 'four_eyes')::boolean, false)
    from {{t}}.confirmation c
    left join {{t}}.plan p on p.id = c.plan_id
    where c.id = p_confirmation_id
$$;
comment on function {{t}}.confirmation_four_eyes_{{t}}(uuid) is
    'have others than the requester to decide about it; not granted';

create function {{t}}.confirmation_takes_{{t}}(p_confirmation_id uuid, p_user uuid, p_role text) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        select not (f.four_eyes and p_user in (c.requester, r.created_by))
            and {{t}}.confirmation_right_{{t}}(c, array[c.requester, r.created_by], f.four_eyes, p_user, p_role) is not null
            and not exists (
                select from {{t}}.confirmation_vote v
                where v.confirmation_id = c.id and v.user_id = p_user)
        from {{t}}.confirmation c
        join {{t}}.request r on r.id = c.request_id
        cross join {{t}}.confirmation_four_eyes_{{t}}(c.id) f (four_eyes)
        where c.id = p_confirmation_id and c.state = 'waiting'), false)
$$;
comment on function {{t}}.confirmation_takes_{{t}}(uuid, uuid, text) is
    'would confirmation_decide take a yes of this member, who has this role, now';
grant execute on function {{t}}.confirmation_takes_{{t}}(uuid, uuid, text) to {{t}};

create function {{t}}.confirmation_missing_{{t}}(p_confirmation_id uuid) returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select greatest(coalesce((c.rule ->> 'people')::integer, 1), 1)
        - {{t}}.confirmation_count_{{t}}(c, array[c.requester, r.created_by], {{t}}.confirmation_four_eyes_{{t}}(c.id))
    from {{t}}.confirmation c
    join {{t}}.request r on r.id = c.request_id
    where c.id = p_confirmation_id and c.state = 'waiting'
$$;
comment on function {{t}}.confirmation_missing_{{t}}(uuid) is
    'how many people more have to say yes; null: it does not wait';
grant execute on function {{t}}.confirmation_missing_{{t}}(uuid) to {{t}};

create or replace function {{t}}.confirmation_may_decide_{{t}}(p_confirmation_id uuid, p_session_token_hash bytea)
    returns boolean
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    who record;
begin
    select * into who from {{t}}.confirmation_session_{{t}}(p_session_token_hash);
    return who.code = 'ok' and {{t}}.confirmation_takes_{{t}}(p_confirmation_id, who.user_id, who.role);
end
$$;

grant execute on function {{t}}.confirmation_roles_{{t}}({{t}}.confirmation) to {{t}};
