-- scope: public
-- $1 before this id, $2 how many, $3 only this one
select o.id, jsonb_build_object(
        'id', o.id, 'purpose', o.purpose, 'network', text(o.network), 'comment', o.comment,
        'created_at', public.utc_text(o.created_at))
from public.open_network o
where ($1::uuid is null or o.id < $1::uuid)
    and ($3::uuid is null or o.id = $3::uuid)
order by o.id desc
limit $2::integer
