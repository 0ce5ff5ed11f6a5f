-- Lists of what did not succeed ("state=failed") walk this and not every run there is. What succeeds pays nothing.
create index job_outcome_unsuccessful on {{t}}.job_outcome (job_id) where state <> 'succeeded';
