-- scope: egress
-- What is known of a write from before: $1 schema, $2 job, $3 step. How long ago it was sent, and was over (null: it
-- may still be under way), in ms.
select f.state, f.sent_ms, f.over_ms
from public.egress_effect_former($1, $2::uuid, $3) f
where f.state is not null
