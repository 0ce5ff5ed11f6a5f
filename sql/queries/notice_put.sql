-- scope: public
-- $1 user, $2 tenant, $3 quiet from, $4 quiet to, $5 confirmations break them, $6 muted [text], $7 addresses
-- [{channel, endpoint}]. All of it is replaced. An address on a channel that is not there for the tenant: not_found.
with set_now as (
    insert into public.notice_setting (user_id, quiet_from, quiet_to, break_quiet, muted)
    values ($1::uuid, $3::time, $4::time, $5::boolean, array(select jsonb_array_elements_text($6::jsonb)))
    on conflict on constraint notice_setting_pk do update
    set quiet_from = excluded.quiet_from,
        quiet_to = excluded.quiet_to,
        break_quiet = excluded.break_quiet,
        muted = excluded.muted,
        updated_at = now()
), given as (
    select g.channel, case when c.kind = 'smtp' then u.email else g.endpoint end as endpoint, c.name
    from jsonb_to_recordset($7::jsonb) as g (channel text, endpoint text)
    join public.app_user u on u.id = $1::uuid
    left join public.channel c on c.name = g.channel
        and c.enabled
        and (c.tenant_id is null or c.tenant_id = $2::uuid)
), gone as (
    delete from public.notice_address a
    where a.user_id = $1::uuid
        and not exists (select from given g where g.name = a.channel)
    returning a.channel
), added as (
    insert into public.notice_address (user_id, channel, endpoint)
    select $1::uuid, g.name, g.endpoint
    from given g
    where g.name is not null
    on conflict on constraint notice_address_pk do update
    set endpoint = excluded.endpoint
)
select public.gov_must(not exists (select from given where name is null), 'not_found'),
    (select count(*) from gone)
