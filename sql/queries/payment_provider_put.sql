-- scope: public
-- $1 code, $2 kind, $3 title, $4 merchant, $5 app, $6 credential's name (a platform's), $7 enabled, $8 actor. What kind it is
-- never changes: its payments are kept under its code (no row then).
insert into public.payment_provider (code, kind, title, merchant, app, credential_id, enabled, created_by)
select $1, $2, $3, $4, $5, c.id, $7::boolean, $8::uuid
from (select (select c.id from public.credential c where c.name = $6 and c.tenant_id is null) as id,
    public.gov_must(exists (select from public.credential c where c.name = $6 and c.tenant_id is null), 'not_found')) c
on conflict on constraint payment_provider_pk do update
set title = excluded.title,
    merchant = excluded.merchant,
    app = excluded.app,
    credential_id = excluded.credential_id,
    enabled = excluded.enabled,
    updated_at = now()
where payment_provider.kind = excluded.kind
returning code
