-- scope: public
-- Write them, all or none: $1 [{line, invoice, status, code, number, issued_on}], $2 who; plan_stale: another one was written meanwhile
select public.invoice_fapiao_import($1::jsonb, $2::uuid)
