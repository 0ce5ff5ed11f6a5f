-- scope: tenant
select {{t}}.confirmation_expire_{{t}}($1::uuid)
