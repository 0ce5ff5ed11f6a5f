-- A transaction that must not commit unless something holds: a stale fence, above all.

create function public.gov_must(p_holds boolean, p_code text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(p_holds, false) then
        raise exception '%: the transaction was given up', p_code using errcode = 'GV000';
    end if;
end
$$;
comment on function public.gov_must(boolean, text) is
    'raise the API''s error code p_code (SQLSTATE GV000) unless p_holds, so that the whole transaction fails';
grant execute on function public.gov_must(boolean, text) to public;
