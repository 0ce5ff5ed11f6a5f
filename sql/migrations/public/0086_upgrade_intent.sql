-- Who wants a team beside his personal account wants one: a second order, made because the first seemed lost, made a second team when both
-- were paid.

create table public.upgrade_intent (
    order_id uuid constraint upgrade_intent_pk primary key constraint upgrade_intent_order_exists references public.orders,
    user_id uuid not null constraint upgrade_intent_user_exists references public.app_user,
    created_at timestamptz not null
);
create index upgrade_intent_user on public.upgrade_intent (user_id);
comment on table public.upgrade_intent is
    'a person orders a team beside his personal account: one at a time, and its order brings one tenant; it is good until its order expires';

create function public.upgrade_intent_open(p_order uuid, p_user uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    o public.orders;
    v_open text;
begin
    select * into o from public.orders where id = p_order;
    if not found then
        return; -- the key of an order that was there before
    end if;
    -- order_create holds the customer's lock, so that two at once come one after the other.
    select x.no || ', ' || x.id into v_open
    from public.upgrade_intent i
    join public.orders x on x.id = i.order_id
    where i.user_id = p_user
        and x.state in ('draft', 'pending_payment', 'payment_reported', 'paid', 'activating', 'activation_failed')
    limit 1;
    if v_open is not null then
        raise exception 'conflict: a team is ordered already: %', v_open using errcode = 'GV000';
    end if;
    insert into public.upgrade_intent (order_id, user_id, created_at) values (o.id, p_user, public.lifecycle_now());
end
$$;
comment on function public.upgrade_intent_open(uuid, uuid) is
    'this order is his intent; refused while another of his has not come to its end, with its number and id';
grant execute on function public.upgrade_intent_open(uuid, uuid) to execgov_platform;

-- Those that are under way.
insert into public.upgrade_intent (order_id, user_id, created_at)
select o.id, u.id, o.created_at
from public.orders o
join public.app_user u on u.id::text = o.terms ->> 'owner'
where o.kind = 'upgrade'
    and o.terms ? 'tenant_name'
    and o.state in ('draft', 'pending_payment', 'payment_reported', 'paid', 'activating', 'activation_failed');
