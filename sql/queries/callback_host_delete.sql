-- scope: tenant
-- What still waits for host $1 is given up.
with gone as (
    delete from {{t}}.callback_host
    where host = $1
    returning host
), given_up as (
    update {{t}}.delivery d
    set state = 'failed',
        next_at = null,
        last_error = 'the host is not allowed any more'
    from gone g
    where d.next_at is not null
        and d.state = 'pending'
        and lower(substring(d.url from '^https?://([^/:?#]+)')) = g.host
)
select public.gov_must(exists (select from gone), 'not_found')
