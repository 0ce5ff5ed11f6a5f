-- scope: lifecycle
-- Messages that are due by the calendar or by the hour of the day; how many were new
select public.notice_due() + public.finance_digest_due()
