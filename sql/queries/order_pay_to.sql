-- scope: public
-- $1 order: itself and, while it is to be paid, whom its payment goes to and how
select null, public.order_json($1::uuid)
    || coalesce((select jsonb_build_object('pay_to', p) from public.order_pay_to($1::uuid) p where p is not null), '{}')
