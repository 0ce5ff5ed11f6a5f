-- scope: public
-- $1 code, $2 title, $3 method, $4 mapping, $5 actor
insert into public.statement_format (code, title, method, mapping, created_by)
values ($1, $2, $3, $4::jsonb, $5::uuid)
on conflict on constraint statement_format_pk do update
set title = excluded.title,
    method = excluded.method,
    mapping = excluded.mapping,
    updated_at = now()
