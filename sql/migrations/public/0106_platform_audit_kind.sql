-- Whoever asks the platform's trail for one kind reads that kind's rows, newest first, however rare they are. By the
-- number's negative: a plan for every kind takes the primary key for an order by id, and walks the trail.
create index platform_audit_kind on public.platform_audit (kind, (- id));
