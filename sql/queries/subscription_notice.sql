-- scope: public
-- $1 subscription, $2 id of the notice, $3 when it was given (us), $4 how, $5 to whom, $6 reference, $7 evidence, $8 actor,
-- $9 approval, $10 digest
select null, public.subscription_notice($1::uuid, $2::uuid, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, $5, $6,
    $7, $8::uuid, $9::uuid, $10)
