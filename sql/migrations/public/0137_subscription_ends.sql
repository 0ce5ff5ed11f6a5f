-- What the safety brake asks for: whose paid days, or whose days of grace, end first. Without it each scan read all that was due.
create index subscription_ends on public.subscription
    (coalesce(case state when 'active' then paid_until_at else shutdown_due_at end, timestamptz 'epoch'), id)
    where state in ('active', 'grace') and quarantined_at is null;
