-- An edition that was chosen for the next period shows before that period begins, not only once it is paid.
create or replace function public.subscription_json(p_subscription uuid) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', s.id, 'customer_id', s.customer_id, 'customer', c.name, 'tenant_id', s.tenant_id, 'state', s.state,
        'state_since', public.utc_text(s.state_entered_at), 'edition', v.edition, 'edition_version', v.ver,
        'price', jsonb_build_object('amount_minor', v.price_minor, 'currency', v.currency),
        'next_edition', (
            select jsonb_build_object('code', n.edition, 'from', s.paid_until_date)
            from public.edition_version n
            where n.id = s.next_edition_version),
        'timezone', s.tz, 'period_no', s.period_no, 'paid_until', s.paid_until_date,
        'paid_until_at', public.utc_text(s.paid_until_at), 'cancel_at_period_end', s.cancel_at_period_end,
        'shutdown_due_at', public.utc_text(s.shutdown_due_at), 'final_notice_at', public.utc_text(s.final_notice_at),
        'hold_until', public.utc_text(s.hold_until), 'next_action_at', public.utc_text(s.next_action_at),
        'quarantined_at', public.utc_text(s.quarantined_at),
        'renewal_order', (
            select r.id from public.orders r
            where r.subscription_id = s.id and r.kind = 'renewal' and r.period_no = s.period_no + 1
                and r.state not in ('cancelled', 'expired')))
    from public.subscription s
    join public.customer c on c.id = s.customer_id
    join public.edition_version v on v.id = s.edition_version
    where s.id = p_subscription);
