-- Deleting a plan asks whether a confirmation refers to it.
create index confirmation_plan on {{t}}.confirmation (plan_id);
