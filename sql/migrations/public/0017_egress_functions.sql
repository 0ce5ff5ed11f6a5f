-- The only ways of execgov-egress into a tenant's schema. Each checks that the run which asks is live under
-- the fence and token it names: egress believes nobody.

create function public.egress_schema_check(p_schema text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_schema is null or p_schema !~ '^t_[0-9a-f]{16}$' then
        raise exception 'not a tenant schema' using errcode = 'invalid_parameter_value';
    end if;
end
$$;
comment on function public.egress_schema_check(text) is 'refuse what is no schema name';

create function public.egress_run(p_schema text, p_job uuid, p_fence integer, p_token uuid)
    returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_run jsonb;
begin
    perform public.egress_schema_check(p_schema);
    if not exists (select from public.tenant where schema = p_schema) then
        return null;
    end if;
    execute format(
        'select jsonb_build_object(''job'', j.id, ''request'', j.request_id, '
        '    ''user'', j.created_by, ''skill'', j.payload ->> ''skill'', '
        '    ''action'', j.payload ->> ''action'', '
        '    ''resources'', a.action -> ''resources'', '
        '    ''tenant'', (select t.id from public.tenant t where t.schema = %2$L)) '
        'from %1$I.job_live l '
        'join %1$I.job j on j.id = l.job_id and j.kind = ''run'' '
        'join %1$I.skill s on s.name = j.payload ->> ''skill'' '
        'join %1$I.skill_version v on v.skill_id = s.id '
        '    and v.number = (j.payload ->> ''version'')::integer '
        '    and v.digest = j.payload ->> ''version_digest'' '
        'cross join lateral (select x as action from jsonb_array_elements(v.manifest -> ''actions'') x '
        '    where x ->> ''name'' = j.payload ->> ''action'') a '
        'where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running'' '
        '    and not l.cancel_requested', p_schema, p_schema)
    into v_run using p_job, p_fence, p_token;
    return v_run;
end
$$;
comment on function public.egress_run(text, uuid, integer, uuid) is
    'what a live run may call; null when it is not live under this fence and token';
grant execute on function public.egress_run(text, uuid, integer, uuid) to execgov_egress;

-- An effect begins: committed before a byte is sent. What is there already decides what may happen now.
create function public.egress_effect_start(
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
            execute format('update %I.effect set state = ''started'', ended_at = null '
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
comment on function public.egress_effect_start(text, uuid, integer, uuid, text, jsonb, boolean) is
    'record that a write is about to be sent; state: new (send it), done (detail has the answer), started or unknown (whether it happened is not known), stale (the run is not live)';
grant execute on function public.egress_effect_start(text, uuid, integer, uuid, text, jsonb, boolean)
    to execgov_egress;

create function public.egress_effect_end(
    p_schema text, p_job uuid, p_step text, p_state text, p_detail jsonb) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform public.egress_schema_check(p_schema);
    execute format('update %I.effect set state = $3, ended_at = now(), detail = detail || $4 '
                   'where job_id = $1 and step = $2 and state = ''started''', p_schema)
        using p_job, p_step, p_state, p_detail;
    execute format('insert into %I.audit_event (actor_kind, kind, action, subject_kind, subject, detail) '
                   'values (''system'', ''resource'', ''effect.'' || $1, ''run'', $2, $3)', p_schema)
        using p_state, p_job::text, (p_detail - 'answer') || jsonb_build_object('step', p_step);
end
$$;
comment on function public.egress_effect_end(text, uuid, text, text, jsonb) is
    'how a write that was sent has ended: done, failed (it did not happen) or unknown';
grant execute on function public.egress_effect_end(text, uuid, text, text, jsonb) to execgov_egress;

grant execute on function public.audit_add(uuid, uuid, text, text, text, text, text, jsonb)
    to execgov_egress;
grant execute on function public.utc_text(timestamptz) to execgov_egress;
grant execute on function public.egress_schema_check(text) to execgov_egress;
