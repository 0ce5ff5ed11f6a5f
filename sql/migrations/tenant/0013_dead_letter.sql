-- What people decided about jobs that were given up. A dead letter is an outcome whose code says that the
-- platform and not the work ended it; it needs no row of its own.

create index job_outcome_dead on {{t}}.job_outcome (job_id)
    where code in ('poison', 'outcome_unknown', 'internal');

create table {{t}}.dead_letter_act (
    job_id uuid constraint dead_letter_act_pk primary key, -- decided once
    act text not null constraint dead_letter_act_known check (act in ('redriven', 'discarded')),
    successor uuid null,                         -- the new job of a redrive
    actor uuid not null,
    comment text null,
    at timestamptz not null default now(),
    constraint dead_letter_act_successor check ((act = 'redriven') = (successor is not null))
);
comment on table {{t}}.dead_letter_act is 'dead letters that were redriven or discarded';
grant select, insert on {{t}}.dead_letter_act to {{t}};
