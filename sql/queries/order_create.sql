-- scope: public
-- $1 id, $2 kind, $3 customer, $4 subscription, $5 tenant, $6 edition's version, $7 quantity, $8 draft, $9 amount,
-- $10 tax of it, $11 how it was made up, $12 terms, $13 key, $14 hash of what was asked, $15 actor. Payable for
-- 30 days; a team beside a personal account for 7; a renewal as long as its tenant can be had back; what is credited with the
-- rest of a period while it runs.
select public.order_create($1::uuid, $2, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::integer, $8::boolean, $9::bigint,
    $10::bigint, $11::jsonb, $12::jsonb,
    case when $2 = 'renewal' then (
        select coalesce(s.shutdown_due_at, s.paid_until_at + make_interval(days => v.grace_days))
            + make_interval(days => v.retention_days)
        from public.subscription s
        join public.edition_version v on v.id = s.edition_version
        where s.id = $4::uuid)
    when $11::jsonb ? 'credit_period' then (
        select least(public.lifecycle_now() + interval '30 days', s.paid_until_at)
        from public.subscription s
        where s.id = $4::uuid)
    when $12::jsonb ? 'intent' then public.lifecycle_now() + interval '7 days'
    else public.lifecycle_now() + interval '30 days' end,
    $13, $14, $15::uuid)
