-- scope: public
-- $1 tenant (null: the platform's audit), $2 actor, $3 actor kind, $4 kind, $5 action, $6 subject
-- kind, $7 subject, $8 detail
select public.audit_add($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8::jsonb)
