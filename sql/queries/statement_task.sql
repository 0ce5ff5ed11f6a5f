-- scope: public
-- $1 format, $2 line, $3 verdict, $4 order
select public.statement_task($1, $2::jsonb, $3, $4::uuid)
