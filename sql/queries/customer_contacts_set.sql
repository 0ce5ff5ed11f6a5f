-- scope: public
-- $1 customer, $2 e-mail addresses, $3 who
select public.customer_contacts_set($1::uuid, $2::text[], $3::uuid)
