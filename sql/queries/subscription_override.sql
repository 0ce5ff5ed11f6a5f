-- scope: public
-- $1 subscription, $2 until (us), $3 why, $4 actor, $5 approval, $6 its digest
select null, public.subscription_override($1::uuid, timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3, $4::uuid,
    $5::uuid, $6)
