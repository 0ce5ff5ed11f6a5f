/* admission.h - may this person run this version of a skill, now?
 *
 * Asked twice of fresh rows: when a plan is made and when its run starts, for in between a skill can be
 * switched off, a version withdrawn, a binding taken away, a person removed. Both give the same answer
 * for the same rows. An older published version runs for whoever names it by number, or was planned on
 * it: only a yank stops it.
 */
#ifndef CORE_STORE_QUEUE_ADMISSION_H
#define CORE_STORE_QUEUE_ADMISSION_H

#include "core/model/policy.h"

#include "core/base/json.h"

/* As the rows say. Texts are NULL where they say nothing. */
struct admission {
    const char *skill;
    int64_t version;          /* its number */
    const char *state;        /* of the version */
    const char *owner_name;   /* of the skill */
    bool enabled;
    bool is_try;              /* a draft that its author or a reviewer tries */
    struct id uploaded_by;
    struct id requester;
    const char *role;         /* of the requester in the tenant; NULL: no active member */
    const json_t *bindings;   /* [{kind, subject, actions}]; NULL: none */
};

/* Is the version in a state to run, and the skill switched on? */
bool admission_version(const struct admission *a, struct gov_err *err);
/* Does a binding, or their absence, let the requester run this action? */
bool admission_binding(const struct admission *a, const char *action, struct arena *arena,
                       struct gov_err *err);

/* Bindings as queries give them, for policy_binding_explain. */
const struct policy_binding *admission_bindings(const json_t *list, size_t *count,
                                                struct arena *arena);

#endif
