-- scope: public
-- $1 only this one
select f.code, jsonb_build_object('code', f.code, 'title', f.title, 'method', f.method, 'mapping', f.mapping,
    'created_at', public.utc_text(f.created_at), 'updated_at', public.utc_text(f.updated_at))
from public.statement_format f
where $1::text is null or f.code = $1
order by f.code
