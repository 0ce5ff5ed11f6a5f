-- scope: lifecycle
-- Notices of work that are older than requests may be, $1 at a time: as many rows as are gone
select id from public.notice_forget($1::integer) as id
