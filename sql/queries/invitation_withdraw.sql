-- scope: public
-- $1 id, $2 tenant
update public.invitation
set used_at = now()
where id = $1::uuid
    and tenant_id = $2::uuid
    and kind = 'invite'
    and used_at is null
