-- Tables of workdays come from outside, a year at a time, with the source they were taken from. None is shipped:
-- what is not known is said, and weekdays count.

alter table public.business_calendar add column name text null;
comment on column public.business_calendar.name is 'of the holiday, or of the day it makes up for';

create table public.business_calendar_year (
    code text not null constraint business_calendar_year_code_form check (code ~ '^[A-Z]{2}(-[A-Z0-9]{1,8})?$'),
    year smallint not null constraint business_calendar_year_range check (year between 2000 and 2200),
    source text not null constraint business_calendar_year_source_length check (char_length(source) between 3 and 300),
    citation text not null constraint business_calendar_year_citation_length check (char_length(citation) between 3 and 500),
    sha256 text not null,
    imported_by uuid null,
    imported_at timestamptz not null,
    constraint business_calendar_year_pk primary key (code, year)
);
comment on table public.business_calendar_year is 'which years of which calendar are known, and from where';
comment on column public.business_calendar_year.source is 'who announced it';
comment on column public.business_calendar_year.citation is 'where that can be read: the notice''s number and date, or its address';
comment on column public.business_calendar_year.sha256 is 'of what was imported: the same again changes nothing';
grant select on public.business_calendar_year to execgov_platform, execgov_lifecycle;
revoke insert, delete on public.business_calendar from execgov_platform;

create function public.calendar_json(p_code text, p_year integer) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'country', y.code, 'year', y.year, 'source', y.source, 'citation', y.citation, 'sha256', y.sha256,
        'imported_at', public.utc_text(y.imported_at),
        'imported_by', (select u.email from public.app_user u where u.id = y.imported_by),
        'holidays', coalesce((
            select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('date', c.day, 'name', c.name)) order by c.day)
            from public.business_calendar c
            where c.code = y.code and extract(year from c.day) = y.year and not c.is_workday), '[]'),
        'workdays', coalesce((
            select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('date', c.day, 'name', c.name)) order by c.day)
            from public.business_calendar c
            where c.code = y.code and extract(year from c.day) = y.year and c.is_workday), '[]'))
    from public.business_calendar_year y
    where y.code = p_code
        and y.year = p_year);
comment on function public.calendar_json(text, integer) is 'a year of a calendar as the API shows it (Calendar); null: it is not known';
grant execute on function public.calendar_json(text, integer) to execgov_platform;

-- $days: [{date, works, name}], checked before. Rows of the year that are not in it go.
create function public.calendar_import(
    p_code text, p_year integer, p_source text, p_citation text, p_sha256 text, p_days jsonb, p_dry boolean, p_actor uuid)
    returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_added jsonb;
    v_removed jsonb;
    v_known text;
begin
    perform pg_advisory_xact_lock(hashtextextended('calendar ' || p_code, 0));
    select y.sha256 into v_known from public.business_calendar_year y where y.code = p_code and y.year = p_year;
    with asked as (
        select d.day, d.works
        from jsonb_to_recordset(p_days) as r (date date, works boolean)
        cross join lateral (select r.date as day, r.works) d
    ), here as (
        select c.day, c.is_workday as works
        from public.business_calendar c
        where c.code = p_code and c.day >= make_date(p_year, 1, 1) and c.day <= make_date(p_year, 12, 31)
    )
    select
        (select coalesce(jsonb_agg(jsonb_build_object('date', a.day, 'works', a.works) order by a.day), '[]')
         from (select * from asked except select * from here) a),
        (select coalesce(jsonb_agg(jsonb_build_object('date', h.day, 'works', h.works) order by h.day), '[]')
         from (select * from here except select * from asked) h)
    into v_added, v_removed;
    if not p_dry and v_known is distinct from p_sha256 then
        delete from public.business_calendar c
        where c.code = p_code and c.day >= make_date(p_year, 1, 1) and c.day <= make_date(p_year, 12, 31);
        insert into public.business_calendar (code, day, is_workday, source, name)
        select p_code, r.date, r.works, p_source, r.name
        from jsonb_to_recordset(p_days) as r (date date, works boolean, name text);
        insert into public.business_calendar_year (code, year, source, citation, sha256, imported_by, imported_at)
        values (p_code, p_year, p_source, p_citation, p_sha256, p_actor, public.lifecycle_now())
        on conflict on constraint business_calendar_year_pk
        do update set source = excluded.source, citation = excluded.citation, sha256 = excluded.sha256,
            imported_by = excluded.imported_by, imported_at = excluded.imported_at;
        perform public.audit_add(null, p_actor, 'user', 'money', 'calendar.imported', 'calendar', p_code || ' ' || p_year,
            jsonb_build_object('source', p_source, 'citation', p_citation, 'sha256', p_sha256, 'added', v_added,
                'removed', v_removed));
    end if;
    return jsonb_build_object('country', p_code, 'year', p_year, 'source', p_source, 'citation', p_citation, 'sha256', p_sha256,
        'dry_run', p_dry, 'replaces', v_known is not null, 'changed', v_known is distinct from p_sha256, 'added', v_added,
        'removed', v_removed);
end
$$;
comment on function public.calendar_import(text, integer, text, text, text, jsonb, boolean, uuid) is
    'replace a year of a calendar, and say what changes; with p_dry only say it';
grant execute on function public.calendar_import(text, integer, text, text, text, jsonb, boolean, uuid) to execgov_platform;

create function public.calendar_missing(p_at timestamptz) returns table (country text, year integer)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select distinct p.calendar, y.year
    from (
        select distinct on (l.code) l.calendar
        from public.lifecycle_policy l
        order by l.code, l.ver desc) p
    cross join lateral (
        select extract(year from (p_at at time zone public.platform_zone()) + d.ahead)::integer as year
        from (values (interval '0'), (interval '31 days')) d (ahead)) y
    where not exists (
        select from public.business_calendar_year k
        where k.code = p.calendar and k.year = y.year)
    order by 1, 2;
end;
comment on function public.calendar_missing(timestamptz) is
    'years of calendars in use that are not known: of this moment and of a month later; weekdays count there';
grant execute on function public.calendar_missing(timestamptz) to execgov_platform, execgov_lifecycle;
