-- An edition shows by which policy its customers are reminded: its versions name one, and the edition's own goes before that.

create or replace function public.edition_show(p_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('code', e.code, 'kind', e.kind, 'title', e.title, 'created_at', public.utc_text(e.created_at),
        'on_sale', (
            select max(v.ver) from public.edition_version v
            where v.edition = e.code and v.sold_from <= public.lifecycle_now()
                and (v.sold_to is null or v.sold_to > public.lifecycle_now())),
        'versions', (
            select jsonb_agg(public.edition_json(v.id) || jsonb_build_object(
                    'reminder_policy', coalesce((select r.policy from public.edition_reminder r where r.edition = e.code), v.policy),
                    'subscriptions', (select count(*) from public.subscription s
                        where s.edition_version = v.id and s.state in ('active', 'grace', 'shutdown')),
                    'open_orders', (select count(*) from public.orders o
                        where o.edition_version = v.id and o.state in ('draft', 'pending_payment', 'payment_reported')))
                order by v.ver desc)
            from public.edition_version v
            where v.edition = e.code))
    from public.edition e
    where e.code = p_code);
