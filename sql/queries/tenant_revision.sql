-- scope: public
select revision
from public.tenant
where id = $1::uuid
