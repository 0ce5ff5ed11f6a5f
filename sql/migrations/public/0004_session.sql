-- How somebody shows who he is. Of every secret only a hash is kept.

create table public.session (
    token_hash bytea constraint session_pk primary key
        constraint session_token_hash_length check (octet_length(token_hash) = 32),
    id uuid not null constraint session_id_once unique,
    user_id uuid not null constraint session_user_exists references public.app_user,
    tenant_id uuid null constraint session_tenant_exists references public.tenant,
    csrf_hash bytea null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    last_seen_at timestamptz not null default now(),
    revoked_at timestamptz null,
    user_agent text null,
    ip inet null
);
create index session_by_user on public.session (user_id, created_at);
create index session_by_expiry on public.session (expires_at);
comment on table public.session is 'a person who logged in; only a session confirms';
comment on column public.session.tenant_id is 'null: a session of the platform';
comment on column public.session.csrf_hash is 'of the value a browser has to send in a header; null for a bearer token';
comment on column public.session.last_seen_at is 'written at most once in five minutes';
grant select, insert, update, delete on public.session to execgov_platform;

create table public.api_token (
    id uuid constraint api_token_pk primary key,
    token_hash bytea not null constraint api_token_hash_once unique
        constraint api_token_hash_length check (octet_length(token_hash) = 32),
    name text not null constraint api_token_name_length check (char_length(name) between 1 and 200),
    user_id uuid not null constraint api_token_user_exists references public.app_user,
    tenant_id uuid null constraint api_token_tenant_exists references public.tenant,
    scopes text[] not null,
    skills text[] null,
    created_at timestamptz not null default now(),
    expires_at timestamptz null,
    revoked_at timestamptz null,
    last_used_at timestamptz null
);
create index api_token_by_user on public.api_token (user_id, id);
comment on table public.api_token is 'a key for programs; acts as its user within its scopes, never confirms';
comment on column public.api_token.tenant_id is 'null: a token of the platform';
comment on column public.api_token.skills is 'names of the skills it may use; null: all its user may';
grant select, insert, update on public.api_token to execgov_platform;

create table public.invitation (
    id uuid constraint invitation_pk primary key,
    token_hash bytea not null constraint invitation_hash_once unique
        constraint invitation_hash_length check (octet_length(token_hash) = 32),
    kind text not null constraint invitation_kind_known check (kind in ('invite', 'reset')),
    tenant_id uuid null constraint invitation_tenant_exists references public.tenant,
    email text not null constraint invitation_email_lower check (email = lower(email)),
    role text null constraint invitation_role_known
        check (role in ('owner', 'admin', 'operator', 'approver', 'finance', 'auditor', 'viewer')),
    created_by uuid null constraint invitation_author_exists references public.app_user,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz null
);
create index invitation_tenant on public.invitation (tenant_id, id);
create index invitation_email on public.invitation (email);
comment on table public.invitation is 'a link that works once: to join, or to set a new password';
comment on column public.invitation.tenant_id is 'null: to register with a tenant of one''s own, or a reset';
grant select, insert, update on public.invitation to execgov_platform;

create table public.login_attempt (
    kind text not null constraint login_attempt_kind_known check (kind in ('email', 'ip')),
    subject text not null,
    failures integer not null default 0,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    blocked_until timestamptz null,
    constraint login_attempt_pk primary key (kind, subject)
);
create index login_attempt_last on public.login_attempt (last_at);
comment on table public.login_attempt is
    'failed log-ins since the last good one, by address and by network address; throttles guessing';
grant select, insert, update, delete on public.login_attempt to execgov_platform;
