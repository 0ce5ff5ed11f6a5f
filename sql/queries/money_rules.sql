-- scope: public
-- scan: a handful of settings
select null, public.money_rules_json()
