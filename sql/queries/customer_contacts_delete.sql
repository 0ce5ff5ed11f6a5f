-- scope: public
-- $1 customer, $2 the e-mail addresses that stay; null: all of them
delete from public.customer_contact
where customer_id = $1::uuid
    and channel = 'email'
    and endpoint <> all ($2::text[])
