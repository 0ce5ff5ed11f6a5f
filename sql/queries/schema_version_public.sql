-- scope: lifecycle
-- How far public has been brought, for who has nothing to do with tenants' schemas.
select max(m.version) from public.migration m
