/* order_act.h - money meets an order: a payment settles it, waiting payments are applied, a tenant is made.
 *
 * The period a payment buys is reckoned here (core/model/lifecycle) from what was read, and written by a
 * function of the database that compares the versions: a stale reckoning is refused and made anew. An order
 * whose tenant has to be made first is activated right after; if that fails the money stays, the order is
 * `activation_failed`, and execgov-lifecycle tries again.
 */
#ifndef CORE_STORE_MONEY_ORDER_ACT_H
#define CORE_STORE_MONEY_ORDER_ACT_H

#include "core/io/db/db.h"
#include "core/model/lifecycle.h"

enum order_act_kind { ORDER_SETTLE = 1, ORDER_APPLY, ORDER_ACTIVATE };

/* Money that came, as its provider or a person of finance tells it. */
struct order_payment {
    struct id id;
    const char *provider; /* "stripe", …, "manual:<method>" */
    const char *txn;      /* the provider's name of it; a payment is one (provider, txn) */
    const char *method;
    int64_t amount_minor;
    const char *currency;
    const char *received_at; /* RFC 3339, or a day (2026-11-30) of the platform's zone */
    const char *reference, *evidence_sha256; /* may be NULL */
    const char *approval, *digest;           /* of manual ones above the limit, of APPLY too; may be NULL */
};

struct order_act {
    struct op op;
    struct db *db;
    enum order_act_kind kind;
    const char *order;
    const char *actor;            /* user id; NULL: the system */
    struct order_payment payment; /* SETTLE */
    const char *payments;         /* APPLY: a uuid[] literal */
    /* out; ACTIVATE of what is not paid fails instead: {result, payment_id?, order}; result: settled, duplicate, or why the payment waits for a person */
    json_t *result;

    int tries, phase;
    struct lifecycle_terms terms;
    struct lifecycle_extension extension;
    bool extends; /* false: a quota, or a tenant has to be made first */
    struct db_rows rows, done;
    struct gov_err failed; /* why the result is `failed` */
};

/* As I/O of `parent`; everything pointed to must outlive it. Failure stays in act->op.err (act->op.failed). */
void order_act_start(struct op *parent, struct order_act *act);

#endif
