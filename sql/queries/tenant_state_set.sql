-- scope: public
-- $1 tenant, $2 state (active, suspended), $3 reason, $4 actor; one that is in this state already is left alone
select public.gov_must(
    case when $2 = 'suspended' then public.tenant_block_set($1::uuid, 'admin', 3::smallint, 'suspended', $3, null)
        else public.tenant_block_release($1::uuid, 'admin', 'suspended', $4::uuid)
    end,
    'already_done')
