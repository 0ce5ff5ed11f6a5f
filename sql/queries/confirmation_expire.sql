-- scope: tenant
select {{t}}.confirmation_expire($1::uuid)
