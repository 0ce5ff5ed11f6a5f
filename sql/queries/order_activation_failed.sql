-- scope: public
-- $1 order, $2 what went wrong, $3 {en, zh-CN}: what a person can do about it (null: trying again may help)
select public.order_activation_failed($1::uuid, $2, $3::jsonb)
