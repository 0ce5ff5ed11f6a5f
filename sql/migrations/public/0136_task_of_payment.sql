-- What was asked about one payment (its disputes) is looked up by it.
create index finance_task_payment on public.finance_task (payment_id) where payment_id is not null;
