-- scope: public
-- $1 null, $2 how many, $3 only what is on sale
select v.id, public.edition_json(v.id)
from public.edition_version v
where $3::boolean is not true
    or (v.sold_from <= public.lifecycle_now() and (v.sold_to is null or v.sold_to > public.lifecycle_now()))
order by v.edition, v.ver desc
limit coalesce($2::integer, 1000) + coalesce($1::integer, 0)
