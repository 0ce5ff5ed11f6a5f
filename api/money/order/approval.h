/* approval.h - acts over money that need somebody else: asked for here, carried out as they were asked.
 *
 * The parameters are one JSON object; its canonical text's SHA-256 is what is approved. */
#ifndef API_MONEY_ORDER_APPROVAL_H
#define API_MONEY_ORDER_APPROVAL_H

#include "api/call.h"
#include "core/store/money/order_act.h"

/* An act on its way: from its parameters to its answer. */
struct money_act {
    const char *action; /* payment.confirm, order.refund, subscription.terminate */
    json_t *params;
    const char *digest;
    const char *actor;    /* who asked for it */
    const char *approval; /* NULL: none (yet) */
    struct order_act act;
    struct id request;
    struct db_rows rows, limits;
    struct gov_err failed;
};

/* Is there an act of this name? */
bool money_act_known(const char *name);
/* Read action and digest; `params` lives in the op's arena. */
void money_act_init(struct op *op, struct call *call, struct money_act *act, const char *action, json_t *params);
/* Start it. */
bool money_act_run(struct op *op, struct call *call, struct money_act *act, struct gov_err *err);
/* A tenant that may run again has its queue opened at once, not at the scheduler's next look: the first asks for its rows,
 * the second, once they have been answered, tells the queue what they say; what a later one told stands. An error there is
 * nobody's: the scheduler will look. Either does nothing where there is nothing to do. */
void money_act_wake(struct op *op, struct call *call, struct money_act *act);
void money_act_resume(struct op *op, struct call *call, struct money_act *act);
/* Its answer (borrowed); NULL: `failed` says why. */
json_t *money_act_answer(struct op *op, struct money_act *act);

#endif
