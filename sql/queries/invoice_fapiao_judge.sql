-- scope: public
-- What each line of a file of fapiao would do, in the file's order: $1 [{line, invoice, status, code, number, issued_on}]. new: it is
-- written; seen: it stands there already; conflict: another one does, and changing it needs a person's reason; taken: another invoice
-- has this fapiao; repeated: the file says more of one invoice; future; no_invoice
with said as (
    select l.*, i.id
    from jsonb_to_recordset($1::jsonb) as l (line integer, invoice text, status text, code text, number text, issued_on date)
    left join public.invoice i on i.no = l.invoice
)
select s.line, case
    when s.id is null then 'no_invoice'
    when count(*) over (partition by s.id) > 1 then 'repeated'
    when count(*) over (partition by s.number, s.code) > 1 and s.number is not null then 'repeated'
    when s.issued_on > (public.lifecycle_now() at time zone public.platform_zone())::date then 'future'
    when (f.status, f.code, f.number, f.issued_on) is not distinct from (s.status, s.code, s.number, s.issued_on) then 'seen'
    when f.invoice_id is not null and not (f.status = 'requested' and s.status = 'issued') then 'conflict'
    when exists (
        select from public.invoice_fapiao x
        where x.number = s.number
            and x.code is not distinct from s.code
            and x.invoice_id <> s.id) then 'taken'
    else 'new' end
from said s
left join public.invoice_fapiao f on f.invoice_id = s.id
order by s.line
