-- scope: public
-- What a person was told, newest first: $1 cursor, $2 how many, $3 user, $4 state
select o.id, public.message_json(o.id)
from public.outbox o
where o.user_id = $3::uuid
    and ($1::uuid is null
        or (o.created_at, o.id) < ((select x.created_at from public.outbox x where x.id = $1::uuid), $1::uuid))
    and ($4::text is null or o.state = $4)
order by o.created_at desc, o.id desc
limit $2::integer
