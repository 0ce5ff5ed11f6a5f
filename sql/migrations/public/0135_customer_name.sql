-- A customer that is entered twice has his orders under one and his payments under the other. Two firms may share a name, so that it is
-- no constraint: whoever means another one says so.

create function public.customer_name_key(p_name text) returns text
    language sql immutable strict parallel safe
begin atomic
    select lower(regexp_replace(btrim(normalize(p_name, NFKC)), '\s+', ' ', 'g'));
end;
comment on function public.customer_name_key(text) is
    'what two spellings of one name have in common: without case, width (as of Chinese brackets) and how many blanks';
grant execute on function public.customer_name_key(text) to execgov_platform;
create index customer_name_alike on public.customer (public.customer_name_key(name));

create function public.customer_name_alone(p_name text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_first uuid;
begin
    -- Of two who enter one name at once the second sees the first.
    perform pg_advisory_xact_lock(hashtextextended('customer:' || public.customer_name_key(p_name), 0));
    select c.id into v_first
    from public.customer c
    where public.customer_name_key(c.name) = public.customer_name_key(p_name)
    order by c.id
    limit 1;
    if found then
        raise exception 'conflict: a customer has that name already: %', v_first using errcode = 'GV000';
    end if;
end
$$;
comment on function public.customer_name_alone(text) is 'refused, with the first of them, where a customer has this name';
grant execute on function public.customer_name_alone(text) to execgov_platform;
