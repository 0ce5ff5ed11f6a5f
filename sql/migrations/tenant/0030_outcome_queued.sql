-- Nobody writes it: when a job last became ready is not known when it ends, and keeping it would be another value in
-- every row of a job that lives. It stays, since the views of a request's state name all columns of an outcome.
comment on column {{t}}.job_outcome.queued_at is
    'always null: nobody keeps when a job last became ready';
