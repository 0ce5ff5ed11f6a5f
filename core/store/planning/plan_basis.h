/* plan_basis.h - what a plan is made from, read once and taken apart once.
 *
 * A basis does not change and is shared: plans hold it. A process that plans much keeps some (struct
 * plan_bases) for PLAN_BASIS_FRESH_MS. That is how long a changed role of a member may go unnoticed;
 * everything else in it is compared by `revision` in the statement that accepts the run, so that
 * nothing is accepted by what was changed before.
 */
#ifndef CORE_STORE_PLANNING_PLAN_BASIS_H
#define CORE_STORE_PLANNING_PLAN_BASIS_H

#include "core/io/db/db.h"
#include "core/model/confirmation_rule.h"
#include "core/model/plan.h"
#include "core/model/schema/schema.h"

enum { PLAN_BASIS_FRESH_MS = 3000 };

/* Columns of plan_load.sql. */
enum {
    BASIS_SKILL_ID,
    BASIS_ENABLED,
    BASIS_OWNER,
    BASIS_OWNER_NAME,
    BASIS_VERSION_ID,
    BASIS_NUMBER,
    BASIS_DIGEST,
    BASIS_STATE,
    BASIS_UPLOADED_BY,
    BASIS_RUNTIME,
    BASIS_RUNTIME_DIGEST,
    BASIS_MANIFEST,
    BASIS_SETTINGS,
    BASIS_BINDINGS,
    BASIS_ROLE,
    BASIS_FILES,
    BASIS_CONFIRMATION,
    BASIS_MEMBERS,
    BASIS_TENANT,
    BASIS_REVISION,
    BASIS_TREE,
    BASIS_SEAL_KEY,
    BASIS_SIGNATURE,
    BASIS_SIGNING
};

struct plan_basis {
    struct arena arena;
    struct db_rows rows; /* of plan_load.sql; no row: there is no such skill */
    int64_t revision;
    struct skill_manifest manifest;
    struct gov_err manifest_err; /* why there is none */
    const json_t *bindings; /* as queries give them */
    const json_t *tenant;   /* {state, limit, paused, timezone} */
    const json_t *members;  /* [{id, name, role}]: whoever a rule may name, without the requester */
    struct confirmation_settings settings;
    const struct schema **schemas; /* of the actions' inputs; NULL: not compiled yet */
    size_t bytes;                  /* about, of memory */
    int users;
};

/* From rows, which are copied. The caller holds it. */
struct plan_basis *plan_basis_new(const struct db_rows *rows);
void plan_basis_hold(struct plan_basis *basis);
/* For arena_defer. */
void plan_basis_let_go(void *basis);
/* The input schema of an action; NULL with `err` filled: the manifest should not have been accepted. */
const struct schema *plan_basis_schema(struct plan_basis *basis, const struct skill_action *action,
                                       struct gov_err *err);

/* --- what a process keeps --- */

struct plan_bases;

/* Whose plan of what. Version 0: the published one. */
struct plan_basis_key {
    char schema[20];
    char skill[64];
    int64_t version;
    struct id requester;
};

struct plan_bases *plan_bases_new(void);
void plan_bases_free(struct plan_bases *bases);
/* Held for the caller; NULL: not known, or too long ago. */
struct plan_basis *plan_bases_find(struct plan_bases *bases, const struct plan_basis_key *key);
void plan_bases_keep(struct plan_bases *bases, const struct plan_basis_key *key, unsigned epoch,
                     struct plan_basis *basis);
/* Forget them all; what is read meanwhile under an older epoch is not kept. */
void plan_bases_drop(struct plan_bases *bases);
unsigned plan_bases_epoch(const struct plan_bases *bases);

#endif
