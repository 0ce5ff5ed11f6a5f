-- scope: public
-- How far this database has been brought: public, what a new tenant gets, and how many tenants lack some of $1.
select (select max(m.version) from public.migration m),
    (select max(m.version) from public.tenant_migration m),
    (select count(*) from public.tenant t where t.schema_version < $1::integer and t.state <> 'terminated')
