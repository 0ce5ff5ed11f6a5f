-- Who signed a version: minisign's text as it came, {"text", "by", "at"}. Whether it is good is looked at each
-- time it is shown, against the keys that the tenant trusts then (setting "signing").

alter table {{t}}.skill_version add column signature jsonb null;
grant update (signature) on {{t}}.skill_version to {{t}};
