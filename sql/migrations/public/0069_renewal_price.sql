-- What a renewal costs, said in SQL as core/model/money says it in C; a test compares the two.

-- No search_path of its own, or it would be called a million times where it can be a part of the query.
create function public.price_total(p_price bigint, p_tax_bp integer, p_inclusive boolean) returns bigint
    language sql immutable
return case
    when p_inclusive or p_tax_bp = 0 then p_price
    else p_price + pg_catalog.div(p_price::numeric * p_tax_bp, 10000)::bigint
        + case
            when pg_catalog.mod(p_price::numeric * p_tax_bp, 10000) > 5000
                or pg_catalog.mod(p_price::numeric * p_tax_bp, 10000) = 5000
                    and pg_catalog.mod(pg_catalog.div(p_price::numeric * p_tax_bp, 10000), 2) = 1 then 1
            else 0
        end
    end;
comment on function public.price_total(bigint, integer, boolean) is
    'what is paid for a price that is not negative: tax on top of it is rounded half to even';
grant execute on function public.price_total(bigint, integer, boolean) to execgov_platform, execgov_lifecycle;

create function public.renewal_told(p_subscription uuid, p_period integer) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object('amount_minor', o.amount_minor, 'currency', o.currency)
        || case when o.state in ('pending_payment', 'payment_reported')
               then jsonb_build_object('order_no', o.no, 'path', '/v1/orders/' || o.id) else '{}' end
    from public.orders o
    where o.subscription_id = p_subscription
        and o.period_no = p_period + 1
        and o.kind = 'renewal'
        and o.state in ('draft', 'pending_payment', 'payment_reported'));
comment on function public.renewal_told(uuid, integer) is
    'what a message that leaves now says of the renewal behind a period: what it costs; its number and where it is paid, once it can be paid. Null: there is none';
grant execute on function public.renewal_told(uuid, integer) to execgov_lifecycle;

create function public.renewal_version(p_version uuid) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select x.id
    from public.edition_version o
    join public.edition_version x on x.edition = o.edition and (x.id = o.id or x.sold_to is null)
    where o.id = p_version
    order by (x.id = o.id and (o.sold_to is null or o.sold_to > public.lifecycle_now())) desc, x.ver desc
    limit 1);
comment on function public.renewal_version(uuid) is
    'the version a period of this one is followed by: itself while it is sold, else its newest successor, itself where it has none';
grant execute on function public.renewal_version(uuid) to execgov_platform, execgov_lifecycle;
