-- scope: lifecycle
-- $1 order, $2 publish or expire
select case $2
    when 'publish' then public.order_publish($1::uuid, null)
    else public.order_cancel($1::uuid, 'expired', null, null)
end
