-- Skills, their versions, and who may run them. {{t}} is the schema and the role that may use it.
-- Columns are explained here and not by `comment on column`: 10,000 tenants would carry a million
-- identical rows of catalogue (docs/decisions/0101-comments-of-tenant-tables.md).

create table {{t}}.skill (
    id uuid constraint skill_pk primary key,
    name text not null constraint skill_name_once unique
        constraint skill_name_form check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    title jsonb not null default '{}',           -- {"en": …, "zh": …}
    description jsonb not null default '{}',     -- {"en": …, "zh": …}
    examples jsonb not null default '[]',        -- requests in people's words
    settings jsonb not null default '{}',        -- what an admin changed: limits, policy, synonyms
    owner uuid not null,                         -- public.app_user; named in failures
    enabled boolean not null default true,
    published_version uuid null,                 -- what new plans use; null: cannot be run yet
    revision integer not null default 1,         -- counts edits, for ETag
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table {{t}}.skill is 'a named capability of this tenant';
grant select, insert, update on {{t}}.skill to {{t}};

create table {{t}}.skill_version (
    id uuid constraint skill_version_pk primary key,
    skill_id uuid not null constraint skill_version_skill_exists references {{t}}.skill,
    number integer not null constraint skill_version_number_positive check (number > 0),
    digest text not null constraint skill_version_digest_form check (digest ~ '^[0-9a-f]{64}$'),
    state text not null constraint skill_version_state_known check (state in
        ('checking', 'refused', 'in_review', 'approved', 'rejected', 'published', 'yanked')),
    package_file uuid not null,                  -- file of kind package; digest is its SHA-256
    tree_digest text null                        -- SHA-256 of the unpacked tree, as the sandbox names and mounts it
        constraint skill_version_tree_form check (tree_digest ~ '^[0-9a-f]{64}$'),
    runtime text not null default 'base',        -- name of the library tree it runs in
    runtime_digest text null,                    -- of that tree as it was checked
    manifest jsonb null,                         -- skill.json with every default filled in
    findings jsonb not null default '[]',        -- what the check found: [{code, severity, path, message}]
    files jsonb not null default '[]',           -- [{path, size, sha256}]
    readme text null,
    uploaded_by uuid not null,
    created_at timestamptz not null default now(),
    reviewed_by uuid null,
    reviewed_at timestamptz null,
    review_comment text null,
    published_at timestamptz null,
    yanked_at timestamptz null,
    constraint skill_version_number_once unique (skill_id, number)
);
alter table {{t}}.skill add constraint skill_published_version_exists
    foreign key (published_version) references {{t}}.skill_version;
comment on table {{t}}.skill_version is
    'one upload; its content never changes, it is identified by digest (SHA-256 of content, hex)';
-- What was uploaded stays what it was: only the check's results and the decisions are written later.
grant select, insert on {{t}}.skill_version to {{t}};
grant update (state, tree_digest, runtime, runtime_digest, manifest, findings, files, readme, reviewed_by,
              reviewed_at, review_comment, published_at, yanked_at)
    on {{t}}.skill_version to {{t}};

create table {{t}}.skill_binding (
    skill_id uuid not null constraint skill_binding_skill_exists references {{t}}.skill,
    subject_kind text not null constraint skill_binding_kind_known
        check (subject_kind in ('role', 'user')),
    subject text not null,                       -- a role's name or a user's id
    actions text[] null,                         -- null: every action
    created_at timestamptz not null default now(),
    constraint skill_binding_pk primary key (skill_id, subject_kind, subject)
);
comment on table {{t}}.skill_binding is 'who may run a skill';
grant select, insert, update, delete on {{t}}.skill_binding to {{t}};
