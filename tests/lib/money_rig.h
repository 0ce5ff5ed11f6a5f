/* money_rig.h - a database with the money side's logins, people of finance, and customers to order something. */
#ifndef TESTS_LIB_MONEY_RIG_H
#define TESTS_LIB_MONEY_RIG_H

#include "core/base/arena.h"
#include "tests/lib/pg_server.h"

struct money_rig {
    struct pg_server server;
    struct arena arena;
    PGconn *admin, *platform, *lifecycle;
    struct pg_person finance, second, third; /* all may approve */
    int made;
};

int money_rig_setup(void **state);
int money_rig_teardown(void **state);

/* A customer whose tenant exists, and an order of his. */
struct bought {
    struct pg_tenant tenant;
    struct id customer, subscription, order;
};

/* Without an order yet. */
void money_rig_customer(struct money_rig *f, struct bought *b);
/* The first version of an edition, by its code. */
const char *money_rig_edition(struct money_rig *f, const char *code);
/* A statement by which it is ordered: a team's month, 299.00. */
const char *money_rig_order_new(struct money_rig *f, struct bought *b, struct id id, const char *kind, const char *key);
/* A customer, and his first order. */
void money_rig_buy(struct money_rig *f, struct bought *b);
/* A statement by which a provider's payment settles it; periods are months of 2030. */
const char *money_rig_settle(struct money_rig *f, const struct bought *b, struct id order, const char *txn, const char *amount,
                             const char *currency, int month);
const char *money_rig_order_state(struct money_rig *f, struct id order);

/* Ask for an approval as `finance`; a statement by which `who` votes for it. */
struct id money_rig_ask(struct money_rig *f, const char *action, const char *params, const char *digest);
const char *money_rig_vote(struct money_rig *f, struct id request, const struct pg_person *who);
/* The statement is refused with this code. */
void money_rig_refused(PGconn *conn, const char *code, const char *statement);

#endif
