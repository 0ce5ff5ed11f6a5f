-- scope: migrate
-- $1 version. Schemas that lack it, in an order that spreads over the stripes.
select schema from public.tenant where schema_version < $1::integer and state <> 'terminated' order by schema
