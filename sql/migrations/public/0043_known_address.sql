-- Whoever knows an e-mail must not be able to keep its owner out: from an address that the owner logged in from,
-- failures are counted apart.
alter table public.login_attempt drop constraint login_attempt_kind_known;
alter table public.login_attempt add constraint login_attempt_kind_known check (kind in ('email', 'ip', 'known'));
comment on column public.login_attempt.subject is
    'an e-mail, a network address; of `known` both, "<e-mail> <address>": of one that a good log-in came from';
