-- scope: tenant
-- The tenant's rules of confirmation, and how often its settings about confirmations were changed.
select coalesce(max(s.revision), 0), coalesce((jsonb_agg(s.value -> 'rules') -> 0), '[]')
from {{t}}.setting s
where s.key = 'confirmation'
