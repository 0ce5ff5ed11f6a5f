-- Somebody's address on a channel may change.
grant update (endpoint) on public.notice_address to execgov_platform;
