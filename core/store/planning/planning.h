/* planning.h - from "this skill with these inputs" to a plan, or to the reason why not.
 *
 *     load -> check -> [resources] -> plan
 *
 * The one place where a plan comes from: the API plans a low-risk run by hand with it inside the
 * request, the worker's plan jobs plan everything else. It reads and decides; it writes nothing,
 * so `mode: "plan"` causes nothing. A child op: fill the `in` part, op_call or op_try it.
 *
 * Failures: NOT_FOUND (no such skill, version or action), FORBIDDEN (binding, role), SKILL_DISABLED,
 * NOT_PUBLISHED, VERSION_YANKED, INVALID_INPUT (paths into the body: "/input/month"),
 * NO_ELIGIBLE_APPROVER, NOT_GRANTED and WRITE_NOT_WHITELISTED (HTTP resources the action names),
 * CREDENTIAL_UNAVAILABLE (a sensitive input, and no key to seal it to).
 */
#ifndef CORE_STORE_PLANNING_PLANNING_H
#define CORE_STORE_PLANNING_PLANNING_H

#include "core/io/db/db.h"
#include "core/model/confirmation_rule.h"
#include "core/model/job.h"
#include "core/model/plan.h"
#include "core/model/skill/manifest.h"
#include "core/store/planning/plan_basis.h"

struct planning {
    struct op op;

    /* in */
    struct db *db;
    struct db_scope scope;
    struct id tenant;
    struct id requester;
    const char *skill;
    const char *action;        /* NULL: the first */
    int64_t version;           /* 0: the published one */
    bool is_try;               /* a draft: author and reviewers only, any state but refused */
    const json_t *input;       /* object; NULL: {} */
    const json_t *files;       /* array of file ids that lie in in/ besides; NULL: none */
    const json_t *provenance;  /* array {path, source, span:[start,end]}; NULL: all explicit */
    bool doubt;                /* a person has to confirm what was understood */
    bool history;              /* also say how long it usually takes */
    bool own_files;            /* the caller's token may not read what others brought, so it cannot name it either */
    const char *const *skills; /* names the caller's token may use; NULL: all */
    int64_t now_us;
    int64_t run_at_us;         /* a confirmation has to be there by then; 0: the rule's own term */
    const char *const *platform; /* digests of the platform's runtimes, in the order of skill_runtimes; NULL: not known */
    struct plan_bases *bases;  /* what was read before may serve; NULL: read it */

    /* out: valid while the op lives */
    struct skill_manifest manifest;
    const struct skill_action *chosen;
    struct plan_step step;
    struct plan plan;
    struct confirmation_rule rule;
    const struct zone *zone; /* the tenant's, where a confirmation is required */
    char digest[PLAN_DIGEST_BYTES];
    json_t *filled;            /* the input with defaults; sensitive values sealed */
    json_t *sealed;            /* the input without defaults, sealed; NULL: nothing had to be */
    json_t *file_list;         /* array {path, id, name, bytes, sha256} for the run */
    enum job_lane lane;
    int64_t timeout_ms;
    const char *owner_name;
    const char *tree_digest;   /* hex: of the version's unpacked package, NULL before its check */
    int64_t revision;          /* of what the plan was made from; see job_accept */

    json_t *credentials;       /* {resource: version of its credential}; NULL: it calls nothing */

    /* the steps' own */
    struct arena *arena; /* what hangs on the input lives there: the op's own, or planning_repeat's */
    struct db_rows rows, past, resource_rows;
    struct plan_basis *basis;
    struct plan_basis_key key;
    unsigned epoch;
    const char *ids; /* of files that may be meant, as PostgreSQL's array */
    int file_ids;
    bool keeps, asked;
};

void planning_init(struct planning *planning, struct loop *loop);

/* Once more for another input, without I/O: `planning` has ended well and named no files, and everything but the
 * input stays as it was. What comes out of it lives in `arena`, which may be another each time; `rule` is to be
 * looked at again, and a plan that needs somebody's confirmation does not say whose. False: it has to be planned
 * by an op of its own, because files may be meant, or because this does not allow it: what is remembered may
 * allow and not refuse. After false only another planning_repeat may follow. */
bool planning_repeat(struct planning *planning, const json_t *input, struct arena *arena);

/* What the run job carries. `base` holds what the request said (callback_url, timezone, ...). */
json_t *planning_payload(struct planning *planning, const struct job_payload *base,
                         struct arena *arena);

#endif
