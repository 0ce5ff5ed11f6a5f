-- What a reviewer reads: the texts of a version's files, as far as they are short (worker/sandbox/unpack/seal.c).

alter table {{t}}.skill_version add column sources jsonb null;
grant update (sources) on {{t}}.skill_version to {{t}};
