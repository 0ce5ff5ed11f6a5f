-- … and what people did to it. A migration of its own: whoever approves takes both tables, the request first.
create index platform_audit_money_subject on public.platform_audit (subject) where kind = 'money' and subject_kind in ('customer', 'subscription');
