-- An act that waits for somebody else has its reference to itself: a second one under it could never be carried out, and would wait until it
-- ran out. What was approved and then failed does not stand in the way of the right one; it ends when that is done.

create function public.approval_alone() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_other uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('approval:' || new.action || ':' || (new.params ->> 'id'), 0));
    select r.id into v_other
    from public.approval_request r
    where r.state = 'waiting'
        and r.expires_at > now()
        and r.action = new.action
        and r.params ->> 'id' = new.params ->> 'id'
        and r.params_digest <> new.params_digest
    limit 1;
    if found then
        raise exception 'conflict: that reference waits for approval already: %', v_other using errcode = 'GV000';
    end if;
    return new;
end
$$;
comment on function public.approval_alone() is 'another act under the same reference waits: this one is refused';
create trigger approval_request_alone before insert on public.approval_request for each row
    when (new.params ? 'id') execute function public.approval_alone();

create function public.approval_overtaken() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    for v_id in
        update public.approval_request r
        set state = 'withdrawn', decided_at = now()
        where r.state in ('waiting', 'approved')
            and r.action = new.action
            and r.params ->> 'id' = new.params ->> 'id'
            and r.id <> new.id
        returning r.id
    loop
        perform public.audit_add(null, null, 'system', 'money', 'approval.withdrawn', 'approval', v_id::text,
            jsonb_build_object('reason', 'another act under the same reference was carried out', 'by', new.id));
    end loop;
    return null;
end
$$;
comment on function public.approval_overtaken() is 'what waits under the reference of an act that was carried out ends: it could not be done any more';
create trigger approval_request_overtaken after update of state on public.approval_request for each row
    when (new.state = 'executed' and new.params ? 'id') execute function public.approval_overtaken();
