-- scope: public
-- $1 customer, $2 e-mail addresses
insert into public.customer_contact (customer_id, endpoint)
select $1::uuid, c from unnest($2::text[]) c
on conflict do nothing
