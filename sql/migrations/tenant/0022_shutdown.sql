-- Why a running job is to be cancelled, if it is not a person's wish; and skills that are switched on take a slot each.

alter table {{t}}.job_live add column cancel_code text null; -- tenant_suspended: a shutdown drains

insert into public.quota_account (tenant_id, resource, base, used)
select t.id, 'skills', public.quota_base(t.id), (select count(*) from {{t}}.skill s where s.enabled)
from public.tenant t
where t.schema = '{{t}}'
on conflict on constraint quota_account_pk do update set used = excluded.used;

create function {{t}}.skill_slot() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_tenant uuid := (select t.id from public.tenant t where t.schema = '{{t}}');
begin
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and not new.enabled) then
        perform public.quota_give(v_tenant, 'skills');
    elsif not public.quota_take(v_tenant, 'skills') then
        raise exception 'quota_exceeded: every slot for a skill is taken' using errcode = 'GV000';
    end if;
    return null;
end
$$;
comment on function {{t}}.skill_slot() is 'takes a slot of the tenant''s for a skill that is on, gives it back for one that is off';
revoke execute on function {{t}}.skill_slot() from public;
create trigger skill_takes_slot after insert on {{t}}.skill for each row
    when (new.enabled) execute function {{t}}.skill_slot();
create trigger skill_switches_slot after update of enabled on {{t}}.skill for each row
    when (new.enabled <> old.enabled) execute function {{t}}.skill_slot();
create trigger skill_leaves_slot after delete on {{t}}.skill for each row
    when (old.enabled) execute function {{t}}.skill_slot();
