-- scope: public
-- From now on seal to the newest key. Fails (already_done) when that is so already.
with chosen as (
    update public.egress_key
    set chosen_at = clock_timestamp()
    where id = (select k.id from public.egress_key k order by k.created_at desc, k.id limit 1)
        and id <> public.egress_key_current()
    returning id
)
select public.gov_must(exists (select from chosen), 'already_done')
