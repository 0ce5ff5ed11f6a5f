-- An end that comes again within its period has notices of its own. After an override the final notice and the notice before the
-- data's end were not told a second time, since the keys of their actions were there. The bits of windows_done from 16 on count
-- the ends (core/model/lifecycle.h); a key of a later one is G-1/2, SHUTDOWN/2, R-7/2.

create or replace function public.subscription_override(
    p_subscription uuid, p_until timestamptz, p_reason text, p_actor uuid, p_approval uuid, p_digest text) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
    v_now timestamptz := public.lifecycle_now();
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    if s.state <> 'shutdown' then
        raise exception 'conflict: only what is shut down is let go on; this is %', s.state using errcode = 'GV000';
    end if;
    perform public.gov_must(p_until > v_now + interval '2 days' and p_until <= v_now + interval '90 days', 'invalid_input');
    perform public.approval_claim(p_approval, 'subscription.override', p_digest);
    -- As if it had entered its grace days now: half of them, the final notice, the shutdown and what follows it come again, as
    -- another round of this period's end.
    update public.subscription
    set state = 'grace', state_entered_at = v_now, shutdown_due_at = p_until, final_notice_at = null,
        termination_notice_at = null,
        windows_done = (windows_done & ~((1 << 9) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 14)))
            + case when (windows_done >> 16) & 255 < 255 then 1 << 16 else 0 end,
        next_action_at = v_now, version = version + 1
    where id = s.id;
    insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref, actor)
    values (s.id, v_now, s.state, 'grace', 'override', p_approval::text, p_actor);
    if s.tenant_id is not null then
        perform public.tenant_block_release(s.tenant_id, 'billing', null, p_actor);
    end if;
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.overridden', 'subscription', s.id::text,
        jsonb_build_object('until', p_until, 'reason', p_reason));
    return public.subscription_json(s.id);
end
$$;

-- The notice is of this end: what was said before it was put off says nothing of now.
create or replace function public.tenant_drop_notice(p_subscription uuid, out id uuid, out sent_at timestamptz, out recorded boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select x.id, x.at, x.recorded
    from (
        select o.id, o.ended_at as at, false as recorded
        from public.outbox o
        join public.subscription s on s.id = o.subscription_id
        where o.subscription_id = p_subscription
            and o.event = 'subscription.reminder'
            and o.payload ->> 'window' = 'R-7'
            and (o.payload ->> 'period_no')::integer = s.period_no
            and coalesce((o.payload ->> 'round')::integer, 0) = (s.windows_done >> 16) & 255
            and o.state = 'sent'
        union all
        select n.id, n.given_at, true
        from public.termination_notice n
        join public.subscription s on s.id = n.subscription_id and s.period_no = n.period_no
        where n.subscription_id = p_subscription
            and not exists (
                select from public.subscription_event v
                where v.subscription_id = s.id and v.cause = 'override' and v.at >= n.given_at)) x
    order by x.at, x.id
    limit 1;
end;
