-- A message that goes is looked for here.
create index tenant_drop_message on public.tenant_drop (notice_id);
