/* manifest.h - what a package says about itself, checked and completed.
 *
 * `skill.json` is optional and so is everything in it; what it does not say comes from the file
 * list, README.md and the package's name. The result is the *normalised manifest*, which is what
 * is stored (skill_version.manifest) and read by everybody else; every field is there:
 *
 *   { "manifest": 1, "name": "sales-report",
 *     "title": {"en","zh"}, "description": {"en","zh"},
 *     "examples": [text…],             every example of every action
 *     "runtime": "base",
 *     "actions": [ { "name": "run", "title": {"en","zh"}, "description": {"en","zh"},
 *       "examples": [text…], "executor": "python" | "shell" | "http" | "noop", "entry": "main.py",
 *       "input": schema, "output": schema | null, "risk": "low" | "high",
 *       "timeout_s": 120, "memory_mb": 512, "idempotent": false, "attempts": 3,
 *       "effects": [{"en","zh"}…], "resources": [name…], "args": template | null,
 *       "collect": [glob…], "confirm": {"required": bool, "people": 1, "expires_s": 0} } ] }
 *
 * In skill.json a text may be a string (then it is both languages) or {en, zh}; an example is a
 * string (top level: it belongs to the first action) or {"text", "action"}; one action may be
 * written without the list, its fields at the top level. Rules:
 *   name        slug; default: made from the package's name ("Sales Report.zip" -> sales-report;
 *               one without a Latin letter -> skill-<8 hex of its SHA-256>)
 *   executor    follows from the entry; "noop" (nothing is run) only where package.noop says so
 *   entry       a file of the package, .py or .sh; default main.py, else main.sh
 *   call        executor http only: "resource.operation", the one call that this action is; its
 *               parameters are members of the input of the same name, the rest is the JSON body
 *   input       JSON Schema whose type is object; default {"type":"object"}
 *   timeout_s   1-3600, default 120 · memory_mb 32-4096, default 512
 *   attempts    1-10, how often a run is tried before it has failed; more than one only of an idempotent action.
 *               Default 3 if it is idempotent, else 1; written down only where the author did
 *   risk        default low; high sets confirm.required
 *   effects     0-20 texts of 200 bytes · examples 0-100 an action, of 500 bytes
 *   resources   HTTP resources it may call: "partner" for its reads, "partner.orders_create" for a write · collect 0-20 globs; none: all below out/ and new files at the top
 *   confirm     true, or {required, people 1-5, expires_s 300-2592000, 0 = the tenant's setting}
 * title defaults to README's first heading, description to its first paragraph. $schema, version,
 * author, license, homepage and what starts with "x-" are let through unread; another unknown
 * field is a fault. A missing README.md or no examples at all are warnings; they refuse nothing.
 */
#ifndef CORE_MODEL_SKILL_MANIFEST_H
#define CORE_MODEL_SKILL_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { SKILL_ACTIONS_MAX = 32, SKILL_MANIFEST_BYTES_MAX = 256 * 1024 };

enum skill_risk { SKILL_RISK_LOW, SKILL_RISK_HIGH };
enum skill_executor { SKILL_PYTHON, SKILL_SHELL, SKILL_HTTP, SKILL_NOOP, SKILL_EXECUTOR_COUNT };

/* What is known of a package once it is unpacked. All borrowed. */
struct skill_package {
    const char *wanted_name;  /* what the uploader calls it: wins over skill.json; NULL: nothing */
    const char *name;         /* the archive's or folder's, to make a name from; NULL: "skill" */
    const char *const *files; /* paths below the root, '/' between parts, no "./" */
    size_t file_count;
    const char *manifest; /* skill.json's bytes; NULL if there is none */
    size_t manifest_bytes;
    const char *readme; /* README.md's bytes; NULL if there is none */
    size_t readme_bytes;
    bool noop; /* "executor": "noop" is let through: where something is measured */
};

struct skill_action {
    const char *name;
    struct gov_text title;
    struct gov_text description;
    enum skill_executor executor;
    const char *entry;
    const char *call;     /* executor http: "resource.operation"; NULL otherwise */
    const json_t *input;  /* schema */
    const json_t *output; /* schema; NULL if none */
    enum skill_risk risk;
    int64_t timeout_s;
    int64_t memory_mb;
    bool idempotent;
    int64_t attempts; /* how often a run is tried, at least 1 */
    const json_t *effects;   /* array of {en, zh} */
    const json_t *resources; /* array of names */
    const json_t *args;      /* template; NULL if none */
    const json_t *collect;   /* array of globs */
    const json_t *examples;  /* array of texts */
    bool confirm_required;
    int64_t confirm_people;
    int64_t confirm_expires_s; /* 0: the tenant's setting */
};

struct skill_manifest {
    const char *name;
    struct gov_text title;
    struct gov_text description;
    const char *runtime;
    const struct skill_action *actions; /* at least one */
    size_t action_count;
    const json_t *json; /* the normalised manifest */
    const struct gov_err_item *warnings;
    size_t warning_count;
};

/* Check a package and build its manifest. False: FINDINGS, `err->items` lists every fault; paths
 * are "skill.json#/actions/0/risk" or a file's name. Everything lives in the arena. */
bool skill_manifest_build(const struct skill_package *package, struct skill_manifest *manifest,
                          struct arena *arena, struct gov_err *err);

/* View a stored, normalised manifest; borrows from `json`. False: INTERNAL, it is not one. */
bool skill_manifest_view(const json_t *json, struct skill_manifest *manifest, struct arena *arena,
                         struct gov_err *err);

/* NULL if there is none; a NULL or empty name is the first action. */
const struct skill_action *skill_action_find(const struct skill_manifest *manifest,
                                             const char *name);

/* "Sales Report (v2).tar.gz" -> "sales-report-v2"; always a valid slug, in the arena. */
const char *skill_name_derive(const char *package_name, struct arena *arena);

const char *skill_risk_name(enum skill_risk risk);             /* "low", "high" */
const char *skill_executor_name(enum skill_executor executor); /* "python", … */
bool skill_executor_parse(const char *text, enum skill_executor *executor);

#endif
