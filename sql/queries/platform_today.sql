-- scope: public
-- The day it is in the platform's zone, and that zone
select (public.lifecycle_now() at time zone public.platform_zone())::date, public.platform_zone()
