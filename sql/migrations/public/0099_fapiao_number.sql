-- A file of fapiao asks of each whether another invoice has it, when it is looked at and again when it is written.
create index invoice_fapiao_number on public.invoice_fapiao (number) where number is not null;

create function public.invoice_fapiao_judge(p_lines jsonb) returns table (line integer, verdict text)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with said as (
        select l.*, i.id
        from jsonb_to_recordset(p_lines) as l (line integer, invoice text, status text, code text, number text, issued_on date)
        left join public.invoice i on i.no = l.invoice
    )
    select s.line, case
        when s.id is null then 'no_invoice'
        when count(*) over (partition by s.id) > 1 then 'repeated'
        when count(*) over (partition by s.number, s.code) > 1 and s.number is not null then 'repeated'
        when s.issued_on > (public.lifecycle_now() at time zone public.platform_zone())::date then 'future'
        when (f.status, f.code, f.number, f.issued_on) is not distinct from (s.status, s.code, s.number, s.issued_on) then 'seen'
        when f.invoice_id is not null and not (f.status = 'requested' and s.status = 'issued') then 'conflict'
        when exists (
            select from public.invoice_fapiao x
            where x.number = s.number
                and x.code is not distinct from s.code
                and x.invoice_id <> s.id) then 'taken'
        else 'new' end
    from said s
    left join public.invoice_fapiao f on f.invoice_id = s.id
    order by s.line;
end;
comment on function public.invoice_fapiao_judge(jsonb) is 'what each line of a file of fapiao would do, in the file''s order';

create function public.invoice_fapiao_import(p_lines jsonb, p_actor uuid) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    v_done bigint;
begin
    -- One file at a time: of two with one number the second is judged by what the first wrote.
    perform pg_advisory_xact_lock(hashtextextended('invoice_fapiao_import', 0));
    perform public.gov_must(not exists (select from public.invoice_fapiao_judge(p_lines) j where j.verdict <> 'new'), 'plan_stale');
    select count(public.invoice_fapiao_set(l.invoice, l.status, l.code, l.number, l.issued_on, null, p_actor)) into v_done
    from (
        select *
        from jsonb_to_recordset(p_lines) as x (invoice text, status text, code text, number text, issued_on date)
        order by x.invoice) l;
    return v_done;
end
$$;
comment on function public.invoice_fapiao_import(jsonb, uuid) is 'write lines of which each is new, all or none; plan_stale: one is not any more';
grant execute on function public.invoice_fapiao_judge(jsonb), public.invoice_fapiao_import(jsonb, uuid) to execgov_platform;
