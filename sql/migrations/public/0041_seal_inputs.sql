-- Sensitive inputs and the secrets of callbacks are sealed to the key of execgov-egress: every tenant may read the
-- public half, and only egress opens, for a run or a delivery that is live.

create index egress_key_order on public.egress_key (chosen_at desc nulls last, created_at, id);

create view public.my_seal_key with (security_barrier) as
select k.id, k.public_key
from public.egress_key k
order by k.chosen_at desc nulls last, k.created_at, k.id
limit 1;
comment on view public.my_seal_key is 'the key to seal to, as egress_key_current() says; no row: none was published';
grant select on public.my_seal_key to public;

-- The input of a live run, as it is stored; null when it is not live under this fence and token.
create function public.egress_input(p_schema text, p_job uuid, p_fence integer, p_token uuid) returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_input jsonb;
begin
    perform public.egress_schema_check(p_schema);
    if not exists (select from public.tenant where schema = p_schema) then
        return null;
    end if;
    execute format(
        'select j.payload -> ''input'' '
        'from %1$I.job_live l '
        'join %1$I.job j on j.id = l.job_id and j.kind = ''run'' '
        'where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running'' '
        '    and not l.cancel_requested', p_schema)
    into v_input using p_job, p_fence, p_token;
    return v_input;
end
$$;
comment on function public.egress_input(text, uuid, integer, uuid) is
    'the stored input of a live run; null when it is not live under this fence and token';
grant execute on function public.egress_input(text, uuid, integer, uuid) to execgov_egress;

-- With the host's sealed secret. One from before it was sealed still signs, until it is rotated.
create or replace function public.egress_delivery(
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
        '    ''host'', (select to_jsonb(h) from %1$I.callback_host h where h.host = $4)) '
        'from %1$I.job_live l '
        'join %1$I.job j on j.id = l.job_id and j.kind = ''task'' and j.payload ->> ''task'' = ''callback'' '
        'join %1$I.delivery d on d.id = (j.payload -> ''arguments'' ->> ''delivery'')::uuid '
        'cross join lateral (select v.* from %1$I.request_state v where v.id = d.subject offset 0) s '
        'left join %1$I.job r on r.id = s.job_id '
        'left join %1$I.job_outcome o on o.job_id = s.job_id '
        'where l.job_id = $1 and l.fence = $2 and l.token = $3 and l.state = ''running''', p_schema, p_schema)
    into v_delivery using p_job, p_fence, p_token, p_host;
    -- An egress of the version before reads this; it finds none where the secret is sealed, and sends nothing.
    return v_delivery || jsonb_build_object('secret', substr(v_delivery -> 'host' ->> 'secret', 3));
end
$$;
