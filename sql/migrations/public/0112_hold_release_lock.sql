-- Who releases a hold takes the subscription first, like whoever adds one. Before, a hold that was added meanwhile was not among those that
-- are left: the update waited for the row, and counted the holds as they were before it had waited. Its subscription was shut down.

create or replace function public.hold_release(p_hold uuid, p_actor uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_subscription uuid;
begin
    select h.subscription_id into v_subscription from public.hold h where h.id = p_hold;
    perform public.gov_must(v_subscription is not null, 'not_found');
    perform from public.subscription where id = v_subscription for no key update;
    update public.hold set released_at = public.lifecycle_now(), released_by = p_actor
    where id = p_hold and released_at is null;
    perform public.gov_must(found, 'not_found');
    perform public.subscription_touch(v_subscription);
    perform public.audit_add(null, p_actor, 'user', 'money', 'hold.released', 'subscription',
        v_subscription::text, jsonb_build_object('hold', p_hold));
end
$$;
