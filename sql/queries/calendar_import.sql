-- scope: public
-- $1 country, $2 year, $3 source, $4 citation, $5 sha-256, $6 days, $7 only look, $8 who
select null, public.calendar_import($1, $2::integer, $3, $4, $5, $6::jsonb, $7::boolean, $8::uuid)
