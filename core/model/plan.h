/* plan.h - exactly what would run, for whom, and who has to agree.
 *
 * A plan is built once, stored (plan_encode), shown (plan_view, plan_render) and read back by
 * whoever is about to act on it (plan_decode). Its digest is what a person confirms: SHA-256 over
 * the canonical form of the fields that decide what happens, and no others. Texts, titles,
 * provenance, checks and approvers may change without making a confirmation void; nothing else
 * may.
 */
#ifndef CORE_MODEL_PLAN_H
#define CORE_MODEL_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/id.h"
#include "core/model/skill/manifest.h"

enum { PLAN_STEPS_MAX = 16, PLAN_DIGEST_BYTES = 65 /* hex and a NUL */ };

enum plan_source {
    PLAN_EXPLICIT, /* name=value, or a hand-made input */
    PLAN_TYPED,    /* a literal that can be nothing else: quoted, a date, an address, a file */
    PLAN_GUESS,    /* read out of the words: shown as such */
    PLAN_DEFAULT,  /* from the schema */
    PLAN_PREVIOUS, /* of the request that this one follows up */
};

struct plan_provenance {
    const char *path; /* JSON Pointer into the input */
    enum plan_source source;
    int64_t span_start, span_end; /* code points of the request's text; both 0 if it is not from there */
};

struct plan_file {
    const char *path; /* JSON Pointer into the input; "" for one that only lies in in/ */
    struct id id;
    const char *name;
    int64_t bytes;
    const char *sha256; /* hex */
};

struct plan_resource {
    const char *name;
    const char *method;
    const char *path;           /* template */
    int64_t credential_version; /* 0: it has none */
};

struct plan_step {
    const char *skill;
    const char *action;
    struct gov_text title;
    int64_t version;
    const char *version_digest; /* hex */
    const char *runtime;
    const char *runtime_digest;   /* hex, of what its own wheels became; "": it brought none */
    const char *platform_digest;  /* hex, of the platform's tree below it; NULL: whoever planned did not know it */
    const json_t *input;          /* as stored: sensitive values already sealed by the caller */
    const char *const *sensitive; /* JSON Pointers into the input that are never shown */
    size_t sensitive_count;
    const struct plan_provenance *provenance;
    size_t provenance_count;
    const struct plan_file *files;
    size_t file_count;
    const struct plan_resource *resources;
    size_t resource_count;
    const json_t *effects; /* array of {en, zh}; NULL counts as none */
};

struct plan_check {
    const char *name; /* stable: authorised, version, inputs, files, quota, subscription, … */
    bool ok;
    struct gov_text detail;
};

/* From history; runs 0: nothing is known yet. No part of the digest. */
struct plan_expected {
    int64_t runs;
    int64_t usual_ms, slow_ms; /* the middle, and what nine of ten stay below */
};

struct plan_person {
    struct id id;
    const char *name;
};

struct plan_confirmation {
    bool required;
    int64_t people;                      /* how many have to confirm */
    bool other_than_requester;           /* four eyes */
    int64_t expires_at_us;               /* 0: never */
    const struct plan_person *approvers; /* who may, now */
    size_t approver_count;
};

struct plan {
    struct id tenant;
    struct id requester;
    int64_t policy_version;
    enum skill_risk risk;
    const struct plan_step *steps;
    size_t step_count;
    struct plan_confirmation confirmation;
    const struct plan_check *checks;
    size_t check_count;
    struct plan_expected expected;
};

/* Hex SHA-256 over the canonical form of: tenant, requester, policy version, risk, expiry, and for
 * each step skill and action, version digest, runtime digest, the platform's where it is known, input, files (path and sha256),
 * resources (name, method, path, credential version). Files and resources count as sets.
 * Returns `digest`. */
char *plan_digest(const struct plan *plan, char digest[PLAN_DIGEST_BYTES]);

/* All of it, with "digest", for the store; owned by the arena. */
json_t *plan_encode(const struct plan *plan, struct arena *arena);
/* The other way round; borrows from `json`. False: INTERNAL, it is not an encoded plan. The digest
 * in it is not believed: call plan_digest. */
bool plan_decode(const json_t *json, struct plan *plan, struct arena *arena, struct gov_err *err);

/* The plan object of the HTTP contract: texts in one language, sensitive values as "••••". */
json_t *plan_view(const struct plan *plan, enum gov_language language, struct arena *arena);

/* What is new in `after` beside `before`, an earlier plan of the same action: [{path, before, after}], at
 * most 100, JSON null for what was or is not there; sensitive values stay masked, so that a change of
 * one is not shown. New reference. */
json_t *plan_changes(const struct plan *before, const struct plan *after, struct arena *arena);

/* A copy of an input with every value that a pointer of `sensitive` leads to as "••••"; the arena owns it. */
json_t *plan_mask_input(const json_t *input, const char *const *sensitive, size_t count,
                        struct arena *arena);

/* The same for reading: lines of text, hidden characters made visible, guesses marked. */
void plan_render(const struct plan *plan, enum gov_language language, struct buf *out);

/* One line that says who has to confirm, and by when. */
const char *plan_rule_text(const struct plan_confirmation *confirmation, enum gov_language language,
                           struct arena *arena);

const char *plan_source_name(enum plan_source source); /* explicit typed guess default previous */
bool plan_source_parse(const char *text, enum plan_source *source);

#endif
