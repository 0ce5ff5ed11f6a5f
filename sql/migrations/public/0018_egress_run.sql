-- What a run may call, with the versions of the credentials it was planned with.

create or replace function public.egress_run(p_schema text, p_job uuid, p_fence integer, p_token uuid)
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
        '    ''resources'', a.action -> ''resources'', ''credentials'', j.payload -> ''credentials'', '
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

-- A callback that is due: everything that is sent, from the rows of the ended request, and the secret of the
-- host it goes to (p_host; null: without).
create function public.egress_delivery(
    p_schema text, p_job uuid, p_fence integer, p_token uuid, p_host text) returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_delivery jsonb;
begin
    perform public.egress_schema_check(p_schema);
    if not exists (select from public.tenant where schema = p_schema) then
        return null;
    end if;
    execute format(
        'select jsonb_build_object(''tenant'', (select t.id from public.tenant t where t.schema = %2$L), '
        '    ''delivery'', d.id, ''url'', d.url, ''state'', d.state, ''request'', s.id, '
        '    ''request_state'', s.state, ''run'', s.run_id, ''language'', s.language, '
        '    ''ended_at'', public.utc_text(s.ended_at), ''result'', o.result, ''error'', o.error, '
        '    ''is_run'', coalesce(r.kind = ''run'', false), ''skill'', r.payload ->> ''skill'', '
        '    ''action'', r.payload ->> ''action'', ''exit_code'', o.exit_code, '
        '    ''secret'', (select encode(h.secret, ''hex'') from %1$I.callback_host h where h.host = $4)) '
        'from %1$I.job_live l '
        'join %1$I.job j on j.id = l.job_id and j.kind = ''task'' and j.payload ->> ''task'' = ''callback'' '
        'join %1$I.delivery d on d.id = (j.payload -> ''arguments'' ->> ''delivery'')::uuid '
        'cross join lateral (select v.* from %1$I.request_state v where v.id = d.subject offset 0) s '
        'left join %1$I.job r on r.id = s.job_id '
        'left join %1$I.job_outcome o on o.job_id = s.job_id '
        'where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running''', p_schema, p_schema)
    into v_delivery using p_job, p_fence, p_token, p_host;
    return v_delivery;
end
$$;
comment on function public.egress_delivery(text, uuid, integer, uuid, text) is
    'what a callback that is being delivered says and to whom; null when its task is not live under this fence and token';
grant execute on function public.egress_delivery(text, uuid, integer, uuid, text) to execgov_egress;
