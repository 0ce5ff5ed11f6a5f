-- What a channel has waiting, and what is old of work: each is looked up without walking through the rest.
create index outbox_channel on public.outbox (channel, next_at, id) where state in ('pending', 'retry', 'sending');
create index outbox_work on public.outbox (created_at)
    where split_part(event, '.', 1) in ('run', 'confirmation', 'review', 'schedule', 'quota', 'credential', 'channel');
