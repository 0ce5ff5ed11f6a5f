-- scope: lifecycle
-- Finance and administrators are told, once a day and kind, that scans do not do everything: $1 event, $2 variant, $3 how many
-- shutdowns wait, $4 how many would have been let through
select public.platform_notify(array['platform_admin', 'platform_finance'],
    $1::text || ':' || coalesce($2::text, '') || ':' || (now() at time zone 'UTC')::date, $1,
    jsonb_strip_nulls(jsonb_build_object('variant', $2::text, 'shutdowns', nullif($3::bigint, 0), 'allowed', nullif($4::bigint, 0))),
    now() + interval '1 day')
