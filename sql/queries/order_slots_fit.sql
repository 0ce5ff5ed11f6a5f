-- scope: public
-- $1 order: refused when it brings its account more slots than one may have
select public.slots_must_fit($1::uuid)
