-- scope: lifecycle
-- Messages that are due by the calendar; how many were new
select public.notice_due()
