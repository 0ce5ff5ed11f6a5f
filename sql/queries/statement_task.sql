-- scope: public
-- $1 format, $2 line, $3 verdict, $4 order: what has become of it. A task is opened once; one that a person ended stays ended.
select case when f.done_at is null then 'task' else 'task_done' end
from (select public.statement_task($1, $2::jsonb, $3, $4::uuid)) added
left join public.finance_task f on f.kind = 'statement_' || $3 and f.ref = $1 || ':' || ($2::jsonb ->> 'reference')
