-- How much a tenant's files take together, and uploads that come in pieces.

create table {{t}}.file_total (
    one boolean constraint file_total_pk primary key constraint file_total_one check (one),
    bytes bigint not null
);
comment on table {{t}}.file_total is 'the size of all files whose bytes are there; held against the store quota';
grant select on {{t}}.file_total to {{t}};

create function {{t}}.file_total_changed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint := 0;
    v_after bigint := 0;
begin
    if tg_op <> 'INSERT' and old.deleted_at is null then
        v_before := old.size;
    end if;
    if tg_op <> 'DELETE' and new.deleted_at is null then
        v_after := new.size;
    end if;
    if v_after <> v_before then
        update {{t}}.file_total set bytes = bytes + v_after - v_before;
    end if;
    return null;
end
$$;
comment on function {{t}}.file_total_changed() is 'after every row of file that comes, goes or loses its bytes';
create trigger file_changes_total after insert or update or delete on {{t}}.file
    for each row execute function {{t}}.file_total_changed();
-- Behind the trigger, whose lock keeps others from adding a file in between.
insert into {{t}}.file_total
select true, coalesce(sum(f.size), 0)
from {{t}}.file f
where f.deleted_at is null;

create table {{t}}.upload (
    id uuid constraint upload_pk primary key,    -- of the file it becomes
    name text not null constraint upload_name_length check (octet_length(name) between 1 and 200),
    media_type text not null,
    size bigint not null constraint upload_size_not_negative check (size >= 0),
    received bigint not null default 0 constraint upload_received_fits check (received between 0 and size),
    pieces uuid[] not null default '{}',         -- their names in the file store, in order
    created_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '1 day'
);
create index upload_expiry on {{t}}.upload (expires_at);
comment on table {{t}}.upload is 'files that come in pieces and are not whole yet';
grant select, insert, delete on {{t}}.upload to {{t}};
grant update (received, pieces, expires_at) on {{t}}.upload to {{t}};
