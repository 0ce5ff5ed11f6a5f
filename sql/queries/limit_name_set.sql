-- scope: public
-- $1 tenant, $2 name, $3 slots, $4 starts per second, $5 paused, $6 comment, $7 who
insert into public.queue_limit (tenant_id, name, slots, rate_per_s, paused, comment, changed_by)
values ($1::uuid, $2, $3::integer, $4::real, $5::boolean, $6, $7::uuid)
on conflict on constraint queue_limit_pk do update
set slots = excluded.slots,
    rate_per_s = excluded.rate_per_s,
    paused = excluded.paused,
    comment = excluded.comment,
    changed_by = excluded.changed_by,
    changed_at = now()
