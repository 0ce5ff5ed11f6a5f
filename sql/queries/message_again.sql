-- scope: public
-- $1 message that was given up: send it again
select public.gov_must(m.code = 'ok', m.code)
from public.message_again($1::uuid) as m (code)
