comment on column public.worker.isolation_level is 'L0 to L3 of docs/security.md, as the self-test found it';
