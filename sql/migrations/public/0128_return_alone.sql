-- A payment goes back once, whole, or all that is left of it: two givings back of it that wait under two references are more than is there.
-- So a payment has its return to itself while that waits, as a reference has its act; and what else waits for it ends with it.

create or replace function public.approval_alone() returns trigger
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
    if new.action = 'payment.return' then
        perform pg_advisory_xact_lock(hashtextextended('approval:payment.return:of:' || (new.params ->> 'payment'), 0));
        select r.id into v_other
        from public.approval_request r
        where r.state = 'waiting'
            and r.expires_at > now()
            and r.action = 'payment.return'
            and r.params ->> 'payment' = new.params ->> 'payment'
            and r.params_digest <> new.params_digest
        limit 1;
        if found then
            raise exception 'conflict: giving back that payment waits for approval already: %', v_other using errcode = 'GV000';
        end if;
    end if;
    return new;
end
$$;
comment on function public.approval_alone() is
    'another act under the same reference, or another return of the same payment, waits: this one is refused';

create or replace function public.approval_overtaken() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
    v_why text;
begin
    for v_id, v_why in
        update public.approval_request r
        set state = 'withdrawn', decided_at = now()
        where r.state in ('waiting', 'approved')
            and r.expires_at > now()
            and r.action = new.action
            and (r.params ->> 'id' = new.params ->> 'id'
                or r.action = 'payment.return' and r.params ->> 'payment' = new.params ->> 'payment')
            and r.id <> new.id
        returning r.id, case
            when r.params ->> 'id' = new.params ->> 'id' then 'another act under the same reference was carried out'
            else 'the payment went back under another reference'
        end
    loop
        perform public.audit_add(null, null, 'system', 'money', 'approval.withdrawn', 'approval', v_id::text,
            jsonb_build_object('reason', v_why, 'by', new.id));
    end loop;
    return null;
end
$$;
comment on function public.approval_overtaken() is
    'what waits under the reference of an act that was carried out, or to give back what went back, ends: it could not be done any more; what ran out ended before';
