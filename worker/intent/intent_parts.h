/* intent_parts.h - what the steps of an intent job share (intent_job.c), and its inputs (intent_fill.c). */
#ifndef WORKER_INTENT_INTENT_PARTS_H
#define WORKER_INTENT_INTENT_PARTS_H

#include "worker/intent/catalogue.h"
#include "worker/intent/consult/consult.h"
#include "worker/intent/fill/fill.h"
#include "worker/work.h"

struct intent_job {
    struct work work;
    struct db_rows request, skills, files, earlier;
    struct catalogue *catalogue;
    bool built;                 /* the model was made by this job */
    struct gov_err unwritten;   /* why its file could not be written */
    enum role role;
    struct recogniser_answer answer;
    const struct catalogue_action *chosen;
    struct consult consult;     /* the model endpoint's word; endpoint NULL: it was not asked */
    bool doubt;                 /* the two do not agree: a person has to confirm */
    const json_t *previous;     /* inputs of the request that this one follows up; NULL: none */
    struct fill_result filled;
    json_t *input;
    json_t *provenance;
    json_t *questions;
    const char *const *usable; /* skills of the token it was asked with; NULL: any */
};

/* The request's words. */
const char *intent_text(const struct intent_job *job);
/* May who asks run this action, with the token he asked with? `id` as in the catalogue. */
bool intent_allowed(void *job, const char *id);

/* Ask the model endpoint, if there is one and it can matter; then hold its word against the model's. */
enum op_next intent_consult(struct op *op);
enum op_next intent_weigh(struct op *op);
/* What the audit says of it; nothing if it was not asked. For the finishing transaction. */
void intent_audit_consulted(struct intent_job *job, struct db_group *group);

/* If the request follows up another one, and it is not surely about something else: the same action,
 * and `previous`. False: that action is not his to run any more. */
bool intent_follow_up(struct intent_job *job);
/* Take the chosen action's parameters out of the words; what was answered counts before. Sets input,
 * provenance and questions. */
void intent_fill(struct intent_job *job);

#endif
