-- scope: public
-- $1 customer, $2 locale, $3 note; null: as it was
update public.customer
set locale = coalesce($2, locale),
    note = coalesce($3, note)
where id = $1::uuid
