-- scope: public
-- $1 edition, $2 policy (null: the one its versions name), $3 why, $4 actor
select null, public.edition_reminder_set($1, $2, $3, $4::uuid)
