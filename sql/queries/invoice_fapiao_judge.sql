-- scope: public
-- What each line of a file of fapiao would do, in the file's order: $1 [{line, invoice, status, code, number, issued_on}]. new: it is
-- written; seen: it stands there already; conflict: another one does, and changing it needs a person's reason; taken: another invoice
-- has this fapiao; repeated: the file says more of one invoice; future; no_invoice
select j.line, j.verdict
from public.invoice_fapiao_judge($1::jsonb) j
order by j.line
