-- scope: public
select value #>> '{}'
from public.platform_setting
where key = 'registration'
