-- scope: public
-- $1 before this id, $2 how many, $3 part of the name, $4 only this one
select c.id, jsonb_build_object('id', c.id, 'kind', c.kind, 'name', c.name, 'status', t.status, 'timezone', c.tz,
    'locale', c.locale, 'note', c.note, 'created_at', public.utc_text(c.created_at),
    'contacts', (select coalesce(jsonb_agg(k.endpoint order by k.endpoint), '[]')
        from public.customer_contact k where k.customer_id = c.id))
from public.customer c
join public.customer_status t on t.id = c.id
where ($1::uuid is null or c.id < $1::uuid)
    and ($3::text is null or strpos(lower(c.name), lower($3)) > 0)
    and ($4::uuid is null or c.id = $4::uuid)
order by c.id desc
limit $2::integer
