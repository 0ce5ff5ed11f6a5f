-- A customer's timeline has what was asked for and decided of what is his: by what it is about.
create index approval_request_about on public.approval_request
    (coalesce(params ->> 'order', params ->> 'payment', params ->> 'subscription', params ->> 'tenant'));
