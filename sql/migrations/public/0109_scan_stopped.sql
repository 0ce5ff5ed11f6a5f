-- A scan that the end of its daemon broke off was called failed. It did not fail: the next one does the rest, and nobody has to
-- act, so the digest of the morning does not count it among those that were kept from their work.

alter table public.scan_run drop constraint scan_run_state_known;
update public.scan_run set state = 'stopped' where state = 'failed'; -- nothing else ever was
alter table public.scan_run add constraint scan_run_state_known
    -- failed: from a daemon of the version before, while versions run side by side
    check (state in ('requested', 'running', 'done', 'needs_approval', 'refused', 'stopped', 'failed'));
comment on column public.scan_run.state is 'stopped: broken off by the end of its daemon; the next scan does the rest';
