-- scope: public
-- $1 before this id, $2 how many, $3 state, $4 customer, $5 only this one, $6 of this tenant
select s.id, public.subscription_json(s.id)
from public.subscription s
where ($1::uuid is null or s.id < $1::uuid)
    and ($3::text is null or s.state = $3)
    and ($4::uuid is null or s.customer_id = $4::uuid)
    and ($5::uuid is null or s.id = $5::uuid)
    and ($6::uuid is null or s.tenant_id = $6::uuid)
order by s.id desc
limit $2::integer
