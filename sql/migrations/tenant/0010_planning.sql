-- A number that grows whenever something changes that a plan is made from. An API process remembers what
-- it planned from under this number, and the statement that accepts the run compares it: what was changed
-- and committed is never overlooked, and nobody has to read it all again for each run.

create table {{t}}.planning (
    one boolean constraint planning_pk primary key constraint planning_one check (one),
    revision bigint not null
);
insert into {{t}}.planning values (true, 1);
comment on table {{t}}.planning is 'how often skills, versions, bindings and settings have changed';
grant select on {{t}}.planning to {{t}};

create function {{t}}.planning_changed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update {{t}}.planning set revision = revision + 1;
    return null;
end
$$;
comment on function {{t}}.planning_changed() is 'after every statement that changes what plans are made from';

create trigger skill_changes_plans after insert or update or delete on {{t}}.skill
    for each statement execute function {{t}}.planning_changed();
create trigger skill_version_changes_plans after insert or update or delete on {{t}}.skill_version
    for each statement execute function {{t}}.planning_changed();
create trigger skill_binding_changes_plans after insert or update or delete on {{t}}.skill_binding
    for each statement execute function {{t}}.planning_changed();
create trigger setting_changes_plans after insert or update or delete on {{t}}.setting
    for each statement execute function {{t}}.planning_changed();
