-- scope: migrate
-- After a restore: schedules with a slot that is past and was not decided in the copy that came back. It may have been
-- since, and catching up would run it a second time.
select s.id, s.name, s.skill, public.utc_text(s.next_at)
from {{t}}.schedule s
where s.enabled
    and s.next_at < now()
order by s.id
