/* intent_consult.c - the embedded recogniser decides; the endpoint can only raise doubts.
 *
 *     the recogniser   the endpoint       then
 *     acts             the same           act
 *     acts             another one        ask which of the two
 *     acts             none of these      act, but a person confirms
 *     asks, abstains   one of them        act, but a person confirms
 *     asks, abstains   none of these      as the recogniser says
 *     anything         no answer          as the recogniser says
 *
 * Candidates are only what this person may run; the plan looks again. A refusal is never put to it.
 */
#include <string.h>

#include "worker/intent/intent_parts.h"

static void release(void *op)
{
    op_release(op);
}

static const char *either(struct gov_text text, struct arena *arena)
{
    return arena_format(arena, "%s / %s", text.en ? text.en : "", text.zh ? text.zh : "");
}

enum op_next intent_consult(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    struct work *w = &j->work;
    struct consult *c = &j->consult;

    if (j->work.job.payload.skill || j->previous || j->answer.decision == RECOGNISER_REFUSE ||
        j->answer.candidate_count == 0 || !endpoint_ready(j->work.worker->endpoint))
        return OP_NEXT;
    c->endpoint = w->worker->endpoint;
    c->hello = (struct egress_hello){ .schema = w->tenant.scope.schema, .job = w->job.id.text,
                                      .fence = w->job.fence, .token = w->job.token, .intent = true };
    c->text = intent_text(j);
    for (size_t i = 0; i < j->answer.candidate_count; i++) {
        const struct catalogue_action *a =
            catalogue_find(j->catalogue, j->answer.candidates[i].id);
        c->candidates[i].title = either(a->action->title, &op->arena);
        c->candidates[i].description = either(a->action->description, &op->arena);
    }
    c->candidate_count = j->answer.candidate_count;
    consult_init(c, op->loop);
    arena_defer(&op->arena, release, &c->op);
    op_try(op, &c->op);
    return OP_WAIT;
}

/* The two that are meant come first. */
static void ask_between(struct recogniser_answer *answer, size_t other)
{
    struct recogniser_candidate said = answer->candidates[other];

    memmove(&answer->candidates[2], &answer->candidates[1], (other - 1) * sizeof said);
    answer->candidates[1] = said;
    answer->decision = RECOGNISER_ASK;
}

enum op_next intent_weigh(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    struct consult *c = &j->consult;
    bool acts = j->answer.decision == RECOGNISER_ACT;

    if (!c->endpoint || c->outcome == CONSULT_NO_ANSWER)
        return OP_NEXT;
    if (c->outcome == CONSULT_NONE_OF_THESE) {
        j->doubt = acts;
    } else if (!acts) {
        j->chosen = catalogue_find(j->catalogue, j->answer.candidates[c->choice].id);
        j->answer.decision = RECOGNISER_ACT;
        j->doubt = true;
    } else if (c->choice > 0) {
        ask_between(&j->answer, c->choice);
        j->chosen = NULL;
        j->doubt = true;
    }
    return OP_NEXT;
}

void intent_audit_consulted(struct intent_job *j, struct db_group *group)
{
    struct consult *c = &j->consult;
    struct arena *arena = &j->work.op.arena;

    if (!c->endpoint)
        return;
    json_t *detail = json_own(
        arena, json_pack("{s:s*, s:s, s:s*, s:s*, s:i, s:I, s:b, s:s*}", "model",
                         c->model, "outcome", consult_outcome_name(c->outcome),
                         "request_sha256",
                         *c->request_digest ? c->request_digest : NULL, "response_sha256",
                         *c->response_digest ? c->response_digest : NULL, "tries", c->tries, "ms",
                         (json_int_t)c->ms, "doubt", j->doubt, "failure", c->failure));
    DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, NULL, "worker", "run",
                 "intent.consulted", "request", j->work.job.request.text, json_text(arena, detail));
}
