-- Which store of files belongs to this database.

create table public.file_store (
    one boolean constraint file_store_pk primary key default true constraint file_store_one check (one),
    identity text not null constraint file_store_identity_form check (identity ~ '^[0-9a-f-]{36}$'),
    settled boolean not null default false,      -- it was seen in a store
    known_since timestamptz not null default now()
);
comment on table public.file_store is
    'the identity of the one file store: a process whose store has another does not start';
grant select, insert on public.file_store to execgov_platform;
grant update (settled) on public.file_store to execgov_platform;
