-- What the recogniser did not serve: requests that were abstained from, and those of which somebody
-- said "not this one, that one". One row a text, so that asking again counts and costs nothing.

create table {{t}}.unmet (
    id uuid constraint unmet_pk primary key,
    text_key bytea not null constraint unmet_text_once unique, -- SHA-256 of the text in lower case
    text text not null,
    kind text not null constraint unmet_kind_known check (kind in ('abstained', 'corrected')),
    times integer not null default 1,            -- requests with this text
    request_id uuid not null,                    -- the last of them
    was_skill text null,                         -- what was named first
    was_action text null,
    skill text null,                             -- what is meant, as somebody said
    action text null,
    state text not null default 'open' constraint unmet_state_known
        check (state in ('open', 'approved', 'rejected')),
    created_by uuid not null,                    -- who asked, or corrected, last
    created_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    decided_by uuid null,
    decided_at timestamptz null
);
create index unmet_taught on {{t}}.unmet (skill) where state = 'approved';
comment on table {{t}}.unmet is
    'requests that no skill was found for, or another one than meant; approved ones are examples of their skill';
grant select, insert, update on {{t}}.unmet to {{t}};
