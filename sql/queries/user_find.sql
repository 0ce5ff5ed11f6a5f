-- scope: public
-- $1 e-mail
select id, state, name
from public.app_user
where email = lower($1)
