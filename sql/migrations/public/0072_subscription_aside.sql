-- A subscription that scans cannot handle is put off, and set aside after five times: a task for a person, who mends it and has
-- it tried again.

create function public.subscription_put_off(p_subscription uuid, p_problem text) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    s public.subscription;
begin
    update public.subscription
    set fail_count = fail_count + 1,
        next_action_at = public.lifecycle_now() + (fail_count + 1) * interval '1 minute',
        quarantined_at = case when fail_count >= 4 then public.lifecycle_now() end
    where id = p_subscription
    returning * into s;
    if s.quarantined_at is not null then
        insert into public.finance_task (id, kind, ref, customer_id, detail, created_at)
        values (gen_random_uuid(), 'subscription_set_aside', s.id::text, s.customer_id,
            jsonb_build_object('problem', left(p_problem, 500)), public.lifecycle_now())
        on conflict on constraint finance_task_once do update
        set detail = excluded.detail, created_at = excluded.created_at, done_at = null, done_by = null, outcome = null;
    end if;
    return s.fail_count;
end
$$;
comment on function public.subscription_put_off(uuid, text) is
    'a scan could not handle it: later again; the fifth time it is set aside and a task';
grant execute on function public.subscription_put_off(uuid, text) to execgov_lifecycle;

create function public.subscription_retry(p_subscription uuid, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if s.quarantined_at is null then
        raise exception 'conflict: it was not set aside' using errcode = 'GV000';
    end if;
    update public.subscription
    set quarantined_at = null, fail_count = 0, next_action_at = public.lifecycle_now(), version = version + 1
    where id = s.id;
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'tried again'
    where kind = 'subscription_set_aside' and ref = s.id::text and done_at is null;
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.retried', 'subscription', s.id::text,
        jsonb_build_object('set_aside_at', public.utc_text(s.quarantined_at)));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_retry(uuid, uuid) is 'scans look again at one that was set aside';
grant execute on function public.subscription_retry(uuid, uuid) to execgov_platform;
