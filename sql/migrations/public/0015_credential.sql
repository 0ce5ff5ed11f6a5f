-- Secrets for the outside. The API writes them and cannot read them: they are sealed to a key whose secret
-- half only execgov-egress has, and the API's role may not even select what is sealed.

create table public.egress_key (
    id text constraint egress_key_pk primary key
        constraint egress_key_id_form check (id ~ '^[0-9a-f]{16}$'),
    public_key bytea not null
        constraint egress_key_length check (octet_length(public_key) = 32),
    created_at timestamptz not null default clock_timestamp(),
    chosen_at timestamptz null
);
comment on table public.egress_key is
    'public halves of the master keys that execgov-egress holds, published by it';
comment on column public.egress_key.id is 'first 16 hex digits of the SHA-256 of the key';
comment on column public.egress_key.chosen_at is
    'when an administrator made it the one to seal to; the latest is in use, before any choice the oldest key';
grant select, insert (id, public_key) on public.egress_key to execgov_egress;
grant select, update (chosen_at) on public.egress_key to execgov_platform;

create function public.egress_key_current() returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
return (select k.id from public.egress_key k
        order by k.chosen_at desc nulls last, k.created_at, k.id limit 1);
comment on function public.egress_key_current() is 'id of the key to seal to; null: none was published yet';
grant execute on function public.egress_key_current() to execgov_platform, execgov_egress;

create table public.credential (
    id uuid constraint credential_pk primary key,
    name text not null constraint credential_name_once unique
        constraint credential_name_form check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    description text not null default ''
        constraint credential_description_length check (char_length(description) <= 500),
    tenant_id uuid null constraint credential_tenant_exists references public.tenant,
    version integer not null default 1
        constraint credential_version_positive check (version > 0),
    created_by uuid null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index credential_tenant on public.credential (tenant_id);
comment on table public.credential is 'what proves to a HTTP resource that we may call it';
comment on column public.credential.tenant_id is 'null: the platform''s; else only grants of this tenant may use it';
comment on column public.credential.version is 'counts values; part of the digest of a plan that uses it';
grant select, insert, delete, update (description, version, updated_at) on public.credential
    to execgov_platform;
grant select on public.credential to execgov_egress;

create table public.credential_value (
    credential_id uuid not null constraint credential_value_credential_exists
        references public.credential on delete cascade,
    version integer not null,
    key_id text not null constraint credential_value_key_exists references public.egress_key,
    wrapped_key bytea not null
        constraint credential_value_wrapped_length check (octet_length(wrapped_key) = 80),
    nonce bytea not null constraint credential_value_nonce_length check (octet_length(nonce) = 24),
    value bytea not null,
    created_at timestamptz not null default now(),
    constraint credential_value_pk primary key (credential_id, version)
);
create index credential_value_key on public.credential_value (key_id);
comment on table public.credential_value is
    'the sealed value of a credential''s present version; an earlier one goes when a new one comes';
comment on column public.credential_value.value is
    'XChaCha20-Poly1305 under a data key, bound to tenant, credential and version';
comment on column public.credential_value.wrapped_key is
    'the data key, sealed to key_id; wrapped again when the master key changes';
-- Write-only for the API: it sees which version is sealed to which key, and nothing of the seal.
grant insert, delete, select (credential_id, version, key_id, created_at)
    on public.credential_value to execgov_platform;
grant select, update (key_id, wrapped_key) on public.credential_value to execgov_egress;

create function public.credential_json(p_credential uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', c.id, 'name', c.name, 'description', c.description, 'tenant', c.tenant_id,
        'version', c.version, 'key', v.key_id, 'created_at', public.utc_text(c.created_at),
        'updated_at', public.utc_text(c.updated_at))
    from public.credential c
    left join public.credential_value v on v.credential_id = c.id and v.version = c.version
    where c.id = p_credential);
comment on function public.credential_json(uuid) is 'a credential as the API shows it, without its value';
grant execute on function public.credential_json(uuid) to execgov_platform;
