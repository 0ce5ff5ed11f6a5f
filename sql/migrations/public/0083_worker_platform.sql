-- Which trees of the platform the sandbox beside a worker has: hosts that differ refuse what people confirmed on another.

alter table public.worker add column platform jsonb null;
comment on column public.worker.platform is
    'of each runtime of the platform the digest of its tree, as the worker knows it from its sandbox; null: it does not say';
