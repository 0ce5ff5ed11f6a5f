-- A task about a subscription ends with what it is about, by whatever way that ends: it is paid, let go on, changed, terminated. And
-- who comes to his end a second time is put before a person again.

create function public.subscription_taken_up() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.finance_task
    set done_at = public.lifecycle_now(), outcome = 'done by itself'
    where kind = 'subscription_set_aside' and ref = new.id::text and done_at is null;
    return null;
end
$$;
comment on function public.subscription_taken_up() is 'scans look at it again: nobody has to see to it any more';
create trigger subscription_taken_up after update of quarantined_at on public.subscription for each row
    when (old.quarantined_at is not null and new.quarantined_at is null)
    execute function public.subscription_taken_up();

create function public.subscription_end_over() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = new.actor,
        outcome = case new.to_state when 'terminated' then 'terminated' when 'active' then 'paid' else 'goes on' end
    where done_at is null
        and ((kind = 'termination_proposed' and ref = new.subscription_id::text)
            -- let go on within its period: there is still nobody to be told
            or (kind = 'termination_untold' and detail ->> 'subscription' = new.subscription_id::text and new.to_state <> 'grace')
            or (kind = 'subscription_set_aside' and ref = new.subscription_id::text and new.to_state = 'terminated'));
    return null;
end
$$;
comment on function public.subscription_end_over() is 'it came back, or is terminated: what was asked about its end is answered';
create trigger subscription_end_over after insert on public.subscription_event for each row
    when (new.from_state in ('shutdown', 'cancelled') and new.to_state not in ('shutdown', 'cancelled'))
    execute function public.subscription_end_over();

create function public.termination_propose(p_subscription uuid, p_at timestamptz) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into public.finance_task (id, kind, ref, customer_id, detail, created_at)
    select gen_random_uuid(), 'termination_proposed', s.id::text, s.customer_id, '{}', p_at
    from public.subscription s
    where s.id = p_subscription
    on conflict on constraint finance_task_once do update
    set created_at = excluded.created_at, done_at = null, done_by = null, outcome = null
    where finance_task.done_at is not null;
end;
comment on function public.termination_propose(uuid, timestamptz) is
    'a task: this subscription may be terminated; one that was answered at an earlier end is open again';
grant execute on function public.termination_propose(uuid, timestamptz) to execgov_lifecycle;

-- The task is the person's before the trigger would end it by itself.
create or replace function public.subscription_retry(p_subscription uuid, p_actor uuid) returns jsonb
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
    update public.finance_task
    set done_at = public.lifecycle_now(), done_by = p_actor, outcome = 'tried again'
    where kind = 'subscription_set_aside' and ref = s.id::text and done_at is null;
    update public.subscription
    set quarantined_at = null, fail_count = 0, next_action_at = public.lifecycle_now(), version = version + 1
    where id = s.id;
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.retried', 'subscription', s.id::text,
        jsonb_build_object('set_aside_at', public.utc_text(s.quarantined_at)));
    return public.subscription_json(s.id);
end
$$;

-- Those that stayed open although it was over …
update public.finance_task f
set done_at = public.lifecycle_now(), outcome = 'done by itself'
from public.subscription s
where f.done_at is null
    and ((f.kind = 'subscription_set_aside' and f.ref = s.id::text and (s.quarantined_at is null or s.state = 'terminated'))
        or (f.kind = 'termination_proposed' and f.ref = s.id::text and s.state not in ('shutdown', 'cancelled'))
        or (f.kind = 'termination_untold' and f.detail ->> 'subscription' = s.id::text and s.state not in ('shutdown', 'cancelled')));
-- … and those whose second end nobody was asked about (bit 14: it was proposed).
select public.termination_propose(s.id, public.lifecycle_now())
from public.subscription s
join public.finance_task f on f.kind = 'termination_proposed' and f.ref = s.id::text
where s.state in ('shutdown', 'cancelled')
    and s.windows_done & (1 << 14) <> 0
    and f.done_at < s.state_entered_at;
