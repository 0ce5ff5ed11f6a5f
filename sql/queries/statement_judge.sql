-- scope: public
-- $1 method, $2 lines: what each would do, in order
select j.n, j.verdict, j.order_id
from public.statement_judge($1, $2::jsonb) j
