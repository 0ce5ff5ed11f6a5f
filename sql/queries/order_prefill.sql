-- scope: lifecycle
-- Renewals to draft: subscriptions whose prefill is recorded, lately, or before another edition was chosen or the
-- wish to end was taken back, and that have no renewal of the next period. $1 how many, $2 behind this subscription: one that fails stands in no other's way
select s.id, s.customer_id, v.id, v.price_minor, v.tax_bp, v.tax_inclusive, l.publish_hours, s.period_no
from (
    select a.subscription_id, a.period_no
    from public.lifecycle_action a
    where a.action = 'prefill'
        and a.done_at > public.lifecycle_now() - interval '2 days'
    union
    select a.subscription_id, a.period_no
    from public.subscription n
    join public.lifecycle_action a
        on a.subscription_id = n.id and a.period_no = n.period_no and a.action = 'prefill' and a.window_code = 'PREFILL'
    where n.next_edition_version is not null
    union
    select w.subscription_id, w.period_no
    from public.renewal_wanted w
    join public.lifecycle_action a
        on a.subscription_id = w.subscription_id and a.period_no = w.period_no and a.action = 'prefill' and a.window_code = 'PREFILL') a
join public.subscription s on s.id = a.subscription_id and s.period_no = a.period_no
join public.edition_version o on o.id = coalesce(s.next_edition_version, s.edition_version)
join public.edition_version v on v.id = case when o.sold_to is null then o.id else public.renewal_version(o.id) end
join lateral (
    select p.publish_hours
    from public.lifecycle_policy p
    where p.code = coalesce(s.policy, (select e.policy from public.edition_reminder e where e.edition = v.edition), v.policy)
    order by p.ver desc
    limit 1) l on true
where s.state in ('active', 'grace')
    and s.id > $2::uuid
    and not exists (
        select from public.orders r
        where r.subscription_id = s.id
            and r.kind = 'renewal'
            and r.period_no = s.period_no + 1
            and r.state not in ('cancelled', 'expired'))
    -- drafted once, unless that is wanted again since
    and coalesce((
        select max(r.created_at) from public.orders r
        where r.subscription_id = s.id
            and r.kind = 'renewal'
            and r.period_no = s.period_no + 1
            and r.created_by is null
            and (s.next_edition_version is null or r.edition_version = v.id)), '-infinity')
        <= coalesce((
            select max(w.wanted_at) from public.renewal_wanted w
            where w.subscription_id = s.id
                and w.period_no = s.period_no), '-infinity')
order by s.id
limit $1::integer
