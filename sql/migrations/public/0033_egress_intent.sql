-- Whose question to the model endpoint this is: an intent that is being recognised.

create function public.egress_intent(p_schema text, p_job uuid, p_fence integer, p_token uuid) returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_intent jsonb;
begin
    perform public.egress_schema_check(p_schema);
    if not exists (select from public.tenant where schema = p_schema) then
        return null;
    end if;
    execute format(
        'select jsonb_build_object(''tenant'', (select t.id from public.tenant t where t.schema = %2$L)) '
        'from %1$I.job_live l '
        'join %1$I.job j on j.id = l.job_id and j.kind = ''intent'' '
        'where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running'' '
        '    and not l.cancel_requested', p_schema, p_schema)
    into v_intent using p_job, p_fence, p_token;
    return v_intent;
end
$$;
comment on function public.egress_intent(text, uuid, integer, uuid) is
    'the tenant of an intent that is being recognised; null when its job is not live under this fence and token';
grant execute on function public.egress_intent(text, uuid, integer, uuid) to execgov_egress;
