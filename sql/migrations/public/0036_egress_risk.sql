-- A run says how risky it was when it was let in: an operation may have become one of high risk since.

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
        '    ''action'', j.payload ->> ''action'', ''risk'', j.risk, '
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
