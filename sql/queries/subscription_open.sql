-- scope: public
-- $1 id, $2 customer, $3 tenant, $4 edition's version, $5 time zone; not when $6 is the key of an order that is there
select public.subscription_open($1::uuid, $2::uuid, $3::uuid, $4::uuid, coalesce($5, 'Asia/Shanghai'))
where not exists (select from public.orders o where o.customer_id = $2::uuid and o.idem_key = $6)
