-- scope: public
-- Messages, newest first: $1 cursor, $2 how many, $3 state, $4 channel, $5 event's beginning, $6 tenant, $7 only this
-- one
select o.id, public.message_json(o.id)
from public.outbox o
where ($1::uuid is null
        or (o.created_at, o.id) < ((select x.created_at from public.outbox x where x.id = $1::uuid), $1::uuid))
    and ($3::text is null or o.state = $3)
    and ($4::text is null or o.channel = $4)
    and ($5::text is null or starts_with(o.event, $5))
    and ($6::uuid is null or o.tenant_id = $6::uuid)
    and ($7::uuid is null or o.id = $7::uuid)
order by o.created_at desc, o.id desc
limit $2::integer
