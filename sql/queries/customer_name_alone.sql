-- scope: public
-- $1 name of a customer that is to be made: refused where there is one of it
select public.customer_name_alone($1)
