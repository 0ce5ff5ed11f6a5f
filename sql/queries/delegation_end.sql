-- scope: tenant
-- $1 id, $2 session's token hash
select {{t}}.confirmation_undelegate_{{t}}($1::uuid, $2::bytea)
