-- scope: public
-- $1 before this id, $2 how many, $3 state, $4 customer, $5 only this one, $6 of this tenant, $7 subscription,
-- $8 who asks for this tenant: he also sees what he ordered himself and what has no tenant yet
select o.id, public.order_json(o.id), (extract(epoch from public.lifecycle_now()) * 1000000)::bigint
from public.orders o
where ($1::uuid is null or o.id < $1::uuid)
    and ($3::text is null or o.state = $3)
    and ($4::uuid is null or o.customer_id = $4::uuid)
    and ($5::uuid is null or o.id = $5::uuid)
    and ($6::uuid is null or o.tenant_id = $6::uuid
        or o.subscription_id = (select s.id from public.subscription s where s.tenant_id = $6::uuid)
        or (o.tenant_id is null
            and o.customer_id = (select c.id from public.customer c where c.user_id = $8::uuid)
            and not exists (
                select from public.subscription s
                where s.id = o.subscription_id and s.tenant_id is not null)))
    and ($7::uuid is null or o.subscription_id = $7::uuid)
order by o.id desc
limit $2::integer
