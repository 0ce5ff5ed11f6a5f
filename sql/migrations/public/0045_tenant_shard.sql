-- A tenant's dispatch shard follows from its schema and the number of shards; nobody ever read this column.

alter table public.tenant drop column shard;
