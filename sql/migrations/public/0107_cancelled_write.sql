-- A run that somebody cancels begins no write: it was told nothing any more, but could still begin what it had been told before.

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
    -- The row lock keeps a reclaim from reading the effects before this one is there, and a cancel from coming in between.
    execute format('select 1 from %I.job_live where job_id = $1 and fence = $2 and token = $3 '
                   'and state = ''running'' and not cancel_requested for share', p_schema)
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
