-- scope: public
-- $1 code, $2 kind (null: a version of one that is there), $3 title, $4 version's id, $5 terms, $6 actor
select null, public.edition_add($1, $2, $3::jsonb, $4::uuid, $5::jsonb, $6::uuid)
