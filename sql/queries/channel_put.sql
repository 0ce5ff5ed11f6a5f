-- scope: public
-- $1 name, $2 kind, $3 tenant, $4 title, $5 settings, $6 credential's name, $7 enabled, $8 user. A channel keeps its
-- kind: messages that wait for it were addressed for that kind.
with chosen as (
    select k.id
    from public.credential k
    where k.name = $6
        and (k.tenant_id is null or k.tenant_id = $3::uuid)
), put as (
    insert into public.channel (name, kind, tenant_id, title, settings, credential_id, enabled, created_by)
    values ($1, $2, $3::uuid, $4, $5::jsonb, (select id from chosen), $7::boolean, $8::uuid)
    on conflict on constraint channel_pk do update
    set title = excluded.title,
        tenant_id = excluded.tenant_id,
        settings = excluded.settings,
        credential_id = excluded.credential_id,
        enabled = excluded.enabled,
        revision = channel.revision + 1,
        updated_at = now()
    where channel.kind = excluded.kind
    returning name
)
select public.gov_must($6::text is null or exists (select from chosen), 'not_found'),
    public.gov_must(exists (select from put), 'conflict')
