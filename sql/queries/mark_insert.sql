-- scope: public
-- In these minutes the tenant may need a visit: $1 tenant; the present one, that of $3 (a moment, or null), and that in
-- which $4 ms (or null) from now are over; and, since what is announced may be written up to $2 seconds later, the next
-- one where a minute is so near its end. Says what the clock is here, in microseconds.
with noted as (
    insert into public.mark (tenant_id, minute)
    select distinct $1::uuid, date_trunc('minute', m.at + s.later, 'UTC')
    from (values (now()), ($3::timestamptz), (now() + $4::bigint * interval '1 ms')) m (at)
    cross join (values (interval '0 s'), ($2::integer * interval '1 s')) s (later)
    where m.at is not null
    on conflict do nothing
)
select (extract(epoch from now()) * 1000000)::bigint
