-- scope: public
-- $1 four_eyes_min, approvals_needed or brake, $2 currency, act, or least and percent, $3 value (null: none), $4 who asked, $5 approval,
-- $6 its digest
select null, public.money_rule_set($1, $2, $3::bigint, $4::uuid, $5::uuid, $6)
