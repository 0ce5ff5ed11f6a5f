-- scope: public
-- $1 edition, $2 version, $3 when (null: now), $4 why, $5 actor
select null, public.edition_end_sale($1, $2::integer, $3::timestamptz, $4, $5::uuid)
