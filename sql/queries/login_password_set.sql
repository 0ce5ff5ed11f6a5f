-- scope: migrate
-- $1 platform | stripe, $2 SCRAM verifier
select public.login_password_set($1, $2)
