-- A customer's timeline has what people did to what is his, from the platform's audit and from what was asked for and decided. Both
-- are looked up by what they are about.
create index platform_audit_money_subject on public.platform_audit (subject) where kind = 'money' and subject_kind in ('customer', 'subscription');
create index approval_request_about on public.approval_request
    (coalesce(params ->> 'order', params ->> 'payment', params ->> 'subscription', params ->> 'tenant'));
