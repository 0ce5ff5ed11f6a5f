create table {{t}}.setting (
    key text constraint setting_pk primary key,
    value jsonb not null,
    revision integer not null default 1,
    updated_by uuid null,
    updated_at timestamptz not null default now()
);
comment on table {{t}}.setting is 'what the tenant''s admins chose: policies, retention, synonyms';
grant select, insert, update, delete on {{t}}.setting to {{t}};

create table {{t}}.idempotency (
    user_id uuid not null,
    route text not null,
    key text not null constraint idempotency_key_length check (char_length(key) between 1 and 200),
    body_hash bytea not null,
    status smallint not null,
    answer jsonb null,                           -- ids only; null: it held a secret
    created_at timestamptz not null default now(),
    constraint idempotency_pk primary key (user_id, route, key)
);
create index idempotency_created on {{t}}.idempotency using brin (created_at);
comment on table {{t}}.idempotency is
    'answers given to an Idempotency-Key, for 24 hours; written by the transaction it protects';
grant select, insert, delete on {{t}}.idempotency to {{t}};
