-- scope: public
-- $1 edition: it and all its versions
select $1, public.edition_show($1)
where exists (select from public.edition e where e.code = $1)
