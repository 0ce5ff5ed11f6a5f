-- A write whose answer was lost, and whose operation says how to find out: what is known of it, and what was found.
-- When it was sent is when it was sent last.

create or replace function public.egress_effect_start(
    p_schema text, p_job uuid, p_fence integer, p_token uuid, p_step text, p_detail jsonb,
    p_again boolean, out state text, out detail jsonb)
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_live integer;
begin
    perform public.egress_schema_check(p_schema);
    -- The row lock keeps a reclaim from reading the effects before this one is there.
    execute format('select 1 from %I.job_live where job_id = $1 and fence = $2 and token = $3 '
                   'and state = ''running'' for share', p_schema)
        into v_live using p_job, p_fence, p_token;
    if v_live is null then
        state := 'stale';
        return;
    end if;
    execute format('insert into %I.effect (job_id, step, state, detail) values ($1, $2, ''started'', $3) '
                   'on conflict on constraint effect_pk do nothing returning ''new''', p_schema)
        into state using p_job, p_step, p_detail;
    if state is null then
        execute format('select e.state, e.detail from %I.effect e where e.job_id = $1 and e.step = $2 for update',
                       p_schema)
            into state, detail using p_job, p_step;
        if state = 'failed' or (state in ('started', 'unknown') and p_again) then
            execute format('update %I.effect set state = ''started'', started_at = now(), ended_at = null '
                           'where job_id = $1 and step = $2', p_schema) using p_job, p_step;
            state := 'new';
        end if;
    end if;
    if state = 'new' then
        execute format('insert into %I.audit_event (actor_kind, kind, action, subject_kind, subject, detail) '
                       'values (''system'', ''resource'', ''effect.started'', ''run'', $1, $2)', p_schema)
            using p_job::text, p_detail || jsonb_build_object('step', p_step);
    end if;
end
$$;

create function public.egress_effect_former(
    p_schema text, p_job uuid, p_step text, out state text, out sent_ms bigint, out over_ms bigint)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.egress_schema_check(p_schema);
    execute format(
        'select e.state, (extract(epoch from now() - e.started_at) * 1000)::bigint, '
        '    (extract(epoch from now() - e.ended_at) * 1000)::bigint '
        'from %I.effect e where e.job_id = $1 and e.step = $2', p_schema)
    into state, sent_ms, over_ms using p_job, p_step;
end
$$;
comment on function public.egress_effect_former(text, uuid, text) is
    'a write of an earlier attempt: its state, and how long ago it was sent and was over';
grant execute on function public.egress_effect_former(text, uuid, text) to execgov_egress;

create function public.egress_effect_found(
    p_schema text, p_job uuid, p_fence integer, p_token uuid, p_step text, p_state text, p_detail jsonb)
    returns text
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_step text;
begin
    perform public.egress_schema_check(p_schema);
    -- Only of the attempt that is live: one that was given up may have asked before a later one sent it again.
    execute format(
        'with live as ('
        '    select l.job_id from %1$I.job_live l '
        '    where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running'' for share) '
        'update %1$I.effect e set state = $5, ended_at = coalesce(e.ended_at, now()), detail = e.detail || $6 '
        'from live where e.job_id = live.job_id and e.step = $4 and e.state in (''started'', ''unknown'') '
        'returning e.step', p_schema)
        into v_step using p_job, p_fence, p_token, p_step, p_state, p_detail;
    if v_step is null then
        return 'stale';
    end if;
    execute format('insert into %I.audit_event (actor_kind, kind, action, subject_kind, subject, detail) '
                   'values (''system'', ''resource'', ''effect.asked'', ''run'', $1, $2)', p_schema)
        using p_job::text, (p_detail - 'answer') || jsonb_build_object('step', p_step, 'state', p_state);
    return p_state;
end
$$;
comment on function public.egress_effect_found(text, uuid, integer, uuid, text, text, jsonb) is
    'what asking about a write has shown: done, failed (it did not happen) or unknown; stale: the run is not live, or it is known';
grant execute on function public.egress_effect_found(text, uuid, integer, uuid, text, text, jsonb) to execgov_egress;
