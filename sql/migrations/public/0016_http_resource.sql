-- HTTP resources: what the platform owns, to whom it is granted, and what was called.

create table public.http_resource (
    id uuid constraint http_resource_pk primary key,
    name text not null constraint http_resource_name_once unique
        constraint http_resource_name_form check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    enabled boolean not null default true,
    credential_id uuid null constraint http_resource_credential_exists references public.credential,
    definition jsonb not null,
    revision integer not null default 1,
    created_by uuid null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index http_resource_credential on public.http_resource (credential_id);
comment on table public.http_resource is 'a fixed interface to the outside: address, whitelist, limits, credential';
comment on column public.http_resource.definition is
    'completed by the writer (core/model/resource.h); holds no secret, tenants with a grant read it';
comment on column public.http_resource.revision is 'counts edits, for ETag and the history';
grant select, insert, delete, update (enabled, credential_id, definition, revision, updated_at)
    on public.http_resource to execgov_platform;
grant select on public.http_resource to execgov_egress;

create table public.http_resource_version (
    resource_id uuid not null,
    revision integer not null,
    definition jsonb not null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    constraint http_resource_version_pk primary key (resource_id, revision)
);
comment on table public.http_resource_version is
    'every definition a resource ever had; kept when the resource goes';
grant select, insert on public.http_resource_version to execgov_platform;

create table public.http_grant (
    id uuid constraint http_grant_pk primary key,
    resource_id uuid not null constraint http_grant_resource_exists
        references public.http_resource on delete cascade,
    tenant_id uuid null constraint http_grant_tenant_exists references public.tenant,
    credential_id uuid null constraint http_grant_credential_exists references public.credential,
    rate_per_minute integer null constraint http_grant_rate_positive check (rate_per_minute > 0),
    expires_at timestamptz null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    constraint http_grant_once unique nulls not distinct (resource_id, tenant_id)
);
create index http_grant_tenant on public.http_grant (tenant_id);
create index http_grant_credential on public.http_grant (credential_id);
comment on table public.http_grant is 'lets a tenant call a resource';
comment on column public.http_grant.tenant_id is 'null: every tenant; a tenant''s own grant goes before it';
comment on column public.http_grant.credential_id is 'null: the resource''s own';
grant select, insert, update, delete on public.http_grant to execgov_platform;
grant select on public.http_grant to execgov_egress;

create table public.open_network (
    id uuid constraint open_network_pk primary key,
    purpose text not null constraint open_network_purpose_known
        check (purpose in ('resource', 'callback', 'mail', 'chat', 'model')),
    network cidr not null,
    comment text not null,
    created_by uuid null,
    created_at timestamptz not null default now(),
    constraint open_network_once unique (purpose, network)
);
comment on table public.open_network is
    'internal networks that calls of one purpose may reach; empty unless a platform administrator opens one';
grant select, insert, delete on public.open_network to execgov_platform;
grant select on public.open_network to execgov_egress;

create table public.http_call (
    id bigint generated always as identity constraint http_call_pk primary key,
    at timestamptz not null default now(),
    tenant_id uuid not null,
    resource text not null,
    job_id uuid null,
    operation text not null,
    method text not null,
    path text not null,
    status integer null,
    code text null,
    ms integer not null,
    answer_bytes bigint not null default 0
);
create index http_call_tenant on public.http_call (tenant_id, resource, id);
create index http_call_at on public.http_call using brin (at);
comment on table public.http_call is 'calls that egress made or refused, for the ledger; kept 30 days';
comment on column public.http_call.path is 'of the operation (the template); parameters are not kept';
comment on column public.http_call.code is 'why it failed; null: it was answered';
grant select, insert, delete on public.http_call to execgov_egress;
grant select on public.http_call to execgov_platform;

-- What a tenant may see: what it was granted, and what it called.
create view public.my_resources with (security_barrier) as
select distinct on (r.name) r.name, r.revision, r.definition, g.rate_per_minute, g.expires_at,
    c.version as credential_version, t.id as tenant_id
from public.tenant t
join public.http_grant g on g.tenant_id = t.id or g.tenant_id is null
join public.http_resource r on r.id = g.resource_id
left join public.credential c on c.id = coalesce(g.credential_id, r.credential_id)
where t.schema = current_user::text collate "default"
    and r.enabled
    and (g.expires_at is null or g.expires_at > now())
order by r.name, g.tenant_id nulls last;
comment on view public.my_resources is 'the HTTP resources granted to the tenant whose role is asking';
grant select on public.my_resources to public;

create view public.my_http_calls with (security_barrier) as
select h.id, h.at, h.resource, h.job_id, h.operation, h.method, h.path, h.status, h.code, h.ms
from public.tenant t
join public.http_call h on h.tenant_id = t.id
where t.schema = current_user::text collate "default";
comment on view public.my_http_calls is 'calls of the tenant whose role is asking';
grant select on public.my_http_calls to public;

create function public.http_resource_json(p_resource uuid) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
return (
    select jsonb_build_object(
        'id', r.id, 'name', r.name, 'enabled', r.enabled, 'revision', r.revision,
        'credential', (select c.name from public.credential c where c.id = r.credential_id),
        'definition', r.definition,
        'grants', (select count(*) from public.http_grant g where g.resource_id = r.id),
        'created_at', public.utc_text(r.created_at), 'updated_at', public.utc_text(r.updated_at))
    from public.http_resource r
    where r.id = p_resource);
comment on function public.http_resource_json(uuid) is 'a resource as the API shows it to the platform';
grant execute on function public.http_resource_json(uuid) to execgov_platform;
