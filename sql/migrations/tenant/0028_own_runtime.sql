-- What packages' own wheels became counts to the store quota: once a tenant and content, whoever else has the same.

create table {{t}}.own_runtime (
    digest text constraint own_runtime_pk primary key
        constraint own_runtime_digest_form check (digest ~ '^[0-9a-f]{64}$'),
    bytes bigint not null constraint own_runtime_bytes_not_negative check (bytes >= 0),
    counted boolean not null default false       -- in file_total: a version that can run, or be reviewed, has it
);
comment on table {{t}}.own_runtime is 'runtimes made of this tenant''s packages'' own wheels, with their unpacked size';
grant select, insert (digest, bytes) on {{t}}.own_runtime to {{t}};
create index skill_version_runtime on {{t}}.skill_version (runtime_digest) where runtime_digest is not null;

create function {{t}}.own_runtime_count(p_digest text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_bytes bigint;
    v_counted boolean;
    v_counts boolean;
begin
    -- The row is the lock: of two versions that go at once the second sees that the first is gone.
    select o.bytes, o.counted into v_bytes, v_counted
    from {{t}}.own_runtime o
    where o.digest = p_digest
    for no key update;
    if not found then
        return;
    end if;
    v_counts := exists (
        select
        from {{t}}.skill_version v
        where v.runtime_digest = p_digest
            and v.state in ('in_review', 'approved', 'published'));
    if v_counts <> v_counted then
        update {{t}}.own_runtime set counted = v_counts where digest = p_digest;
        update {{t}}.file_total set bytes = bytes + case when v_counts then v_bytes else -v_bytes end;
    end if;
end
$$;
comment on function {{t}}.own_runtime_count(text) is 'a version that has it came, or went';

create function {{t}}.own_runtime_changed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if old.runtime_digest is distinct from new.runtime_digest then
        perform {{t}}.own_runtime_count(old.runtime_digest);
    end if;
    perform {{t}}.own_runtime_count(new.runtime_digest);
    return null;
end
$$;
comment on function {{t}}.own_runtime_changed() is 'after every version that gets a runtime of its own, or another state';
create trigger version_changes_own_runtime after update of state, runtime_digest on {{t}}.skill_version
    for each row when (old.runtime_digest is not null or new.runtime_digest is not null)
    execute function {{t}}.own_runtime_changed();

-- Of those there are only what was brought is known, packed: less than what it became, and never more than it was.
insert into {{t}}.own_runtime (digest, bytes, counted)
select v.runtime_digest, max((
        select coalesce(sum((f.value ->> 'size')::bigint), 0)
        from jsonb_array_elements(v.files) f
        where f.value ->> 'path' like 'wheels/%')),
    bool_or(v.state in ('in_review', 'approved', 'published'))
from {{t}}.skill_version v
where v.runtime_digest is not null
group by v.runtime_digest;
update {{t}}.file_total
set bytes = bytes + (select coalesce(sum(o.bytes), 0) from {{t}}.own_runtime o where o.counted);

comment on table {{t}}.file_total is
    'the size of all files whose bytes are there, and of the runtimes of packages'' own wheels; held against the store quota';
