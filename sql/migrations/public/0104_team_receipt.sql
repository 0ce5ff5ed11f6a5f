-- Whoever ordered a team beside his own account is told with the receipt how his scripts come into it.

create or replace function public.order_names(o public.orders) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('customer', c.name, 'edition', v.edition, 'tenant', coalesce(t.name, o.terms ->> 'tenant_name'),
        'own', (
            select own.name
            from public.upgrade_intent i
            join public.membership m on m.user_id = i.user_id and m.role = 'owner'
            join public.tenant own on own.id = m.tenant_id and own.kind = 'personal'
            where i.order_id = o.id
            order by own.created_at, own.id
            limit 1))
    from public.customer c
    join public.edition_version v on v.id = o.edition_version
    left join public.subscription s on s.id = o.subscription_id
    left join public.tenant t on t.id = coalesce(o.tenant_id, s.tenant_id)
    where c.id = o.customer_id);
comment on function public.order_names(public.orders) is
    'whose and for what an order is, for a message: customer, edition, tenant (null: not yet there), and own: the personal account beside '
    'which a team was ordered';
