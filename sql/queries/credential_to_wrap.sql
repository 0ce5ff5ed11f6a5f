-- scope: egress
-- Values that are not sealed to the present key, a few at a time, and that key.
select v.credential_id, v.version, v.key_id, v.wrapped_key, k.id, k.public_key
from public.egress_key k
cross join lateral (
    (select * from public.credential_value a where a.key_id < k.id order by a.key_id limit 50)
    union all
    (select * from public.credential_value b where b.key_id > k.id order by b.key_id limit 50)) v
where k.id = public.egress_key_current()
