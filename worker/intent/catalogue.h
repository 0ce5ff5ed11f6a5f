/* catalogue.h - a tenant's runnable actions with their recogniser, kept while nothing changes.
 *
 * One cache a worker. An entry is keyed by the schema and by a digest over what the model is made of;
 * a change of any skill makes a new one at the next request. Bindings are read fresh every time:
 * authorisation is never cached.
 */
#ifndef WORKER_INTENT_CATALOGUE_H
#define WORKER_INTENT_CATALOGUE_H

#include "core/io/db.h"
#include "core/model/policy.h"
#include "core/model/skill_manifest.h"
#include "worker/intent/recogniser.h"

struct catalogues; /* the cache */

struct catalogue_action {
    const char *id; /* "skill/action" */
    const char *skill;
    const struct skill_action *action;
    const struct policy_binding *bindings;
    size_t binding_count;
};

/* In an op's arena. */
struct catalogue {
    struct catalogue_action *actions;
    size_t count;
    const struct recogniser *recogniser; /* NULL: the tenant has no skills */
};

struct catalogues *catalogues_new(int tenants_max);
void catalogues_free(struct catalogues *catalogues);

/* From the rows of intent_load.sql, which must outlive it. */
struct catalogue *catalogue_open(struct catalogues *catalogues, const char *schema,
                                 const struct db_rows *rows, struct arena *arena,
                                 struct gov_err *err);
const struct catalogue_action *catalogue_find(const struct catalogue *catalogue, const char *id);
/* `action` NULL: the skill's first. */
const struct catalogue_action *catalogue_action(const struct catalogue *catalogue,
                                                const char *skill, const char *action);
void catalogue_predict(const struct catalogue *catalogue, const char *text,
                       recogniser_allowed *allowed, void *context,
                       struct recogniser_answer *answer);
/* {skill, action, title:{en,zh}, score} */
json_t *catalogue_candidate(const struct catalogue_action *action, double score);

#endif
