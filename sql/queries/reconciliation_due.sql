-- scope: lifecycle
-- Providers whose settlement file is late.
select public.reconciliation_due()
