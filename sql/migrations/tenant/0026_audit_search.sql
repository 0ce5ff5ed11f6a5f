-- The audit is never deleted: what is asked of it must not depend on how long it is. Ids grow with time and requests'
-- ids do, too, so that small indexes do: every row pays for them.

create index audit_event_request on {{t}}.audit_event
    using brin (request_id uuid_minmax_multi_ops) with (pages_per_range = 32, autosummarize = on);
-- A job's rows are found by its request.
create index audit_event_subject on {{t}}.audit_event (subject)
    where subject_kind is distinct from 'job' or request_id is null;

create function {{t}}.audit_id_at(p_at timestamptz) returns bigint
    language plpgsql stable strict
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_low bigint := 0;
    v_high bigint;
    v_middle bigint;
    v_at timestamptz;
begin
    select coalesce(max(a.id), 0) + 1 into v_high from {{t}}.audit_event a;
    while v_low < v_high loop
        v_middle := (v_low + v_high) / 2;
        select a.at into v_at from {{t}}.audit_event a where a.id >= v_middle order by a.id limit 1;
        if v_at < p_at then
            v_low := v_middle + 1;
        else
            v_high := v_middle;
        end if;
    end loop;
    return v_low;
end
$$;
comment on function {{t}}.audit_id_at(timestamptz) is
    'rows before this id were, but for transactions that overlapped, written before that moment; some thirty looks into the primary key';
grant execute on function {{t}}.audit_id_at(timestamptz) to {{t}};
