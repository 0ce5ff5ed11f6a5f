-- scope: lifecycle
-- A row whose decision could not be written: $1 id. Later again; after five times somebody has to look.
update public.subscription
set fail_count = fail_count + 1,
    next_action_at = public.lifecycle_now() + (fail_count + 1) * interval '1 minute',
    quarantined_at = case when fail_count >= 4 then public.lifecycle_now() end
where id = $1::uuid
returning fail_count
