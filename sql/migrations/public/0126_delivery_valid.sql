-- Nobody waits while what was there is looked at.
alter table public.delivery_attempt validate constraint delivery_attempt_of;
alter table public.delivery_result validate constraint delivery_result_of;
