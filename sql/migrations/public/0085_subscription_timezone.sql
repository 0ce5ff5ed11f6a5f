-- A customer moves: his days are counted in another zone. What was paid keeps the moment at which it ends.

create function public.subscription_timezone(p_subscription uuid, p_timezone text, p_actor uuid) returns jsonb
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '2s'
as $$
declare
    s public.subscription;
begin
    select * into s from public.subscription where id = p_subscription for no key update;
    perform public.gov_must(found, 'not_found');
    perform public.gov_must(s.state <> 'terminated', 'conflict');
    perform public.gov_must(exists (select from pg_catalog.pg_timezone_names z where z.name = p_timezone), 'invalid_input');
    if s.tz = p_timezone then
        return public.subscription_json(s.id);
    end if;
    update public.subscription set tz = p_timezone where id = s.id;
    perform public.subscription_touch(s.id);
    perform public.audit_add(null, p_actor, 'user', 'money', 'subscription.timezone_changed', 'subscription', s.id::text,
        jsonb_build_object('from', s.tz, 'to', p_timezone));
    return public.subscription_json(s.id);
end
$$;
comment on function public.subscription_timezone(uuid, text, uuid) is
    'its days are counted in another zone from now on; the paid period keeps its end, and the next begins where it ends';
grant execute on function public.subscription_timezone(uuid, text, uuid) to execgov_platform;
