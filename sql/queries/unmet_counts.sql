-- scope: tenant
-- scan unmet: one row a distinct text; counted when an admin looks at the list
select jsonb_build_object(
    'texts', count(*), 'requests', coalesce(sum(u.times), 0),
    'abstained', count(*) filter (where u.kind = 'abstained'),
    'corrected', count(*) filter (where u.kind = 'corrected'),
    'open', count(*) filter (where u.state = 'open'))
from {{t}}.unmet u
