-- scope: public
-- Write them, all or none: $1 [{invoice, status, code, number, issued_on}], $2 who
select count(public.invoice_fapiao_set(l.invoice, l.status, l.code, l.number, l.issued_on, null, $2::uuid))
from (
    select *
    from jsonb_to_recordset($1::jsonb) as x (invoice text, status text, code text, number text, issued_on date)
    order by x.invoice) l
