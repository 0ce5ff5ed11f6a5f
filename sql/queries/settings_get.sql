-- scope: tenant
-- The tenant's settings as shown, and how often they were changed.
select coalesce((select sum(s.revision) from {{t}}.setting s
        where s.key in ('confirmation', 'retention', 'review', 'signing')), 0),
    jsonb_build_object(
        'name', t.name, 'timezone', t.timezone, 'locale', t.locale,
        'confirm_expires_s', coalesce((c.value ->> 'expires_s')::bigint, 86400),
        'confirm_reminder_s', coalesce((c.value ->> 'reminder_s')::bigint,
            coalesce((c.value ->> 'expires_s')::bigint, 86400) / 2),
        'confirm_people', coalesce((c.value ->> 'people')::bigint, 1),
        'review_four_eyes', coalesce((v.value ->> 'four_eyes')::boolean, false),
        'signing_keys', coalesce(g.value -> 'keys', '[]'),
        'signed_only', coalesce((g.value ->> 'only')::boolean, false),
        'request_retention_days', coalesce((r.value ->> 'request_days')::bigint, d.request_days),
        'log_retention_days', coalesce((r.value ->> 'log_days')::bigint, d.log_days),
        'file_retention_days', coalesce((r.value ->> 'file_days')::bigint, d.file_days))
from public.my_tenant t
cross join public.my_retention_default d
left join {{t}}.setting c on c.key = 'confirmation'
left join {{t}}.setting r on r.key = 'retention'
left join {{t}}.setting v on v.key = 'review'
left join {{t}}.setting g on g.key = 'signing'
