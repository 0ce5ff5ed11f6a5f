-- scope: public
select public.database_incarnation()
