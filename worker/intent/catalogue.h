/* catalogue.h - a tenant's runnable actions with their recogniser.
 *
 *     catalogue_read -> catalogue_model -> [catalogue_build -> catalogue_model] -> predict
 *
 * Models are files (model_file.h), named by a digest over what they are made of, mapped here and kept
 * mapped per tenant until another one is wanted. A build job makes the file when a skill changes; a
 * worker that finds none (another machine, a deleted folder) makes it itself, in the thread pool.
 * Bindings are read fresh every time: authorisation is never cached.
 */
#ifndef WORKER_INTENT_CATALOGUE_H
#define WORKER_INTENT_CATALOGUE_H

#include "core/io/crypto/crypto.h"
#include "core/io/db/db.h"
#include "core/model/policy.h"
#include "core/model/skill/manifest.h"
#include "worker/intent/recogniser/recogniser.h"

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
    const char *schema;
    struct catalogue_action *actions;
    size_t count;
    char digest[CRYPTO_HEX_BYTES]; /* of what the model is made of, and of how */
    struct recogniser_training training;
};

/* `folder` is where the model files are; it is made when the first is written. */
struct catalogues *catalogues_new(const char *folder, int tenants_max);
void catalogues_free(struct catalogues *catalogues);

/* From the rows of intent_load.sql, which must outlive it. */
struct catalogue *catalogue_read(const char *schema, const struct db_rows *rows,
                                 struct arena *arena, struct gov_err *err);
/* Good until the next call of any of these; NULL: it has to be built first. */
const struct recogniser *catalogue_model(struct catalogues *catalogues,
                                         const struct catalogue *catalogue);
/* Is there a file of it? */
bool catalogue_model_exists(const struct catalogues *catalogues, const struct catalogue *catalogue);
/* As I/O of `op`: train in the thread pool and write the file. One that cannot be written is kept in
 * memory; `*unwritten` says so then. */
void catalogue_build(struct op *op, struct catalogues *catalogues, const struct catalogue *catalogue,
                     struct gov_err *unwritten);
const struct catalogue_action *catalogue_find(const struct catalogue *catalogue, const char *id);
/* `action` NULL: the skill's first. */
const struct catalogue_action *catalogue_action(const struct catalogue *catalogue,
                                                const char *skill, const char *action);
/* {skill, action, title:{en,zh}, score} */
json_t *catalogue_candidate(const struct catalogue_action *action, double score);

#endif
