-- scope: tenant
-- $1 id, $2 session's token hash
select {{t}}.confirmation_undelegate($1::uuid, $2::bytea)
