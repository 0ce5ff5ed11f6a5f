-- scope: tenant
-- $1 id, $2 to whom, $3 from, $4 until, $5 reason, $6 session's token hash
select {{t}}.confirmation_delegate_{{t}}($1::uuid, $2::uuid, $3::timestamptz, $4::timestamptz, $5,
    $6::bytea)
