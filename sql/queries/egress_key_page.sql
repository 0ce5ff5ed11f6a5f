-- scope: public
-- Every master key, newest first, and how many credentials are sealed to it.
select k.id, jsonb_build_object(
        'id', k.id, 'current', k.id = public.egress_key_current(),
        'created_at', public.utc_text(k.created_at),
        'credentials', (select count(*) from public.credential_value v where v.key_id = k.id))
from public.egress_key k
order by k.created_at desc, k.id
