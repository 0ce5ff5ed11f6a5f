-- scope: migrate
-- Is this a database of ExecGov?
select to_regclass('public.migration') is not null
