-- A customer's history shows blocks that were released, too.
create index tenant_block_tenant on public.tenant_block (tenant_id, from_at);
