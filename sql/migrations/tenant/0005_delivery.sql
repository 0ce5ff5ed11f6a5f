-- Telling others.

create table {{t}}.callback_host (
    host text constraint callback_host_pk primary key
        constraint callback_host_lower check (host = lower(host) and char_length(host) <= 253),
    secret bytea not null,                       -- signs the callbacks; sealed where the platform has a key
    created_by uuid not null,
    created_at timestamptz not null default now()
);
comment on table {{t}}.callback_host is
    'where results may be sent: registered by an admin of the tenant, the whitelist of callbacks';
grant select, insert, update, delete on {{t}}.callback_host to {{t}};

create table {{t}}.delivery (
    id uuid constraint delivery_pk primary key,  -- webhook-id, the same in every attempt
    kind text not null default 'callback' constraint delivery_kind_known check (kind in ('callback')),
    url text not null,
    subject uuid not null,                       -- the request or run it tells of
    payload jsonb not null,
    state text not null default 'pending' constraint delivery_state_known
        check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_at timestamptz null default now(),      -- null when it has ended
    last_at timestamptz null,
    last_status integer null,                    -- HTTP; null: no answer
    last_error text null,
    created_at timestamptz not null default now(),
    delivered_at timestamptz null
);
create index delivery_due on {{t}}.delivery (next_at) where next_at is not null;
create index delivery_subject on {{t}}.delivery (subject);
comment on table {{t}}.delivery is 'messages to the outside, tried for a day';
grant select, insert on {{t}}.delivery to {{t}};
grant update (state, attempts, next_at, last_at, last_status, last_error, delivered_at)
    on {{t}}.delivery to {{t}};
