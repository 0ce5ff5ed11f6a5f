-- scope: tenant
-- Between which numbers what lies from $1 (null: the beginning) to $2 (null: now) is: not below the first, below the second.
select coalesce({{t}}.audit_id_at_{{t}}($1::timestamptz - interval '10 minutes'), 0),
    coalesce({{t}}.audit_id_at_{{t}}($2::timestamptz + interval '10 minutes'), (
        select coalesce(max(a.id), 0) + 1
        from {{t}}.audit_event a))
