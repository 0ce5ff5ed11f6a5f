-- A file of fapiao asks of each whether another invoice has it.
create index invoice_fapiao_number on public.invoice_fapiao (number) where number is not null;
