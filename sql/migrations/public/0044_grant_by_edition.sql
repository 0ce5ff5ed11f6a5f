-- A grant may go to an edition: to whichever tenants have a subscription of it in force, from the moment it is and as
-- long as it is.
alter table public.http_grant add column edition text null constraint http_grant_edition_exists references public.edition;
alter table public.http_grant add constraint http_grant_one_kind check (tenant_id is null or edition is null);
alter table public.http_grant drop constraint http_grant_once;
alter table public.http_grant add constraint http_grant_once unique nulls not distinct (resource_id, tenant_id, edition);
create index http_grant_edition on public.http_grant (edition) where edition is not null;
comment on column public.http_grant.tenant_id is 'null: every tenant, or every one of the edition';
comment on column public.http_grant.edition is 'null: not by edition';

create view public.http_grant_reach as
select g.id, g.resource_id, t.id as tenant_id, g.credential_id, g.rate_per_minute, g.expires_at,
    case when g.tenant_id is not null then 0 when g.edition is not null then 1 else 2 end as distance
from public.tenant t
left join public.subscription s on s.tenant_id = t.id and s.state in ('active', 'grace')
left join public.edition_version v on v.id = s.edition_version
join public.http_grant g on g.tenant_id = t.id
    or (g.tenant_id is null and (g.edition is null or g.edition = v.edition));
comment on view public.http_grant_reach is 'which grants reach which tenant; of several for one resource the smallest distance counts';
grant select on public.http_grant_reach to execgov_egress;

create or replace view public.my_resources with (security_barrier) as
select distinct on (r.name) r.name, r.revision, r.definition, g.rate_per_minute, g.expires_at,
    c.version as credential_version, t.id as tenant_id
from public.tenant t
join public.http_grant_reach g on g.tenant_id = t.id
join public.http_resource r on r.id = g.resource_id
left join public.credential c on c.id = coalesce(g.credential_id, r.credential_id)
where t.schema = current_user::text collate "default"
    and r.enabled
    and (g.expires_at is null or g.expires_at > now())
order by r.name, g.distance;
