/* confirmation_rig.h - a tenant with people in every role, and plans that wait for them. */
#ifndef TESTS_LIB_CONFIRMATION_RIG_H
#define TESTS_LIB_CONFIRMATION_RIG_H

#include "tests/lib/pg_server.h"

struct confirmation_rig {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant, other;
    PGconn *conn;     /* in the tenant's role, as the API and the worker are */
    PGconn *platform; /* execgov_platform */
    PGconn *admin;
    struct pg_person owner, approver, viewer, operator, stranger;
};

/* A request with a plan and a waiting confirmation. */
struct waiting {
    struct id request, plan, confirmation;
    char digest[65];
};

/* cmocka's group set-up and tear-down; the state is a struct confirmation_rig. */
int confirmation_rig_setup(void **state);
int confirmation_rig_teardown(void **state);

/* `risk` low | high; `text` is SQL: null for a request by hand. */
struct waiting waiting_make(struct confirmation_rig *rig, const struct pg_person *requester,
                            const char *risk, const char *text);
/* High risk, in words, asked for by the owner. */
struct waiting waiting_high(struct confirmation_rig *rig);

/* The statement of a decision; `decision` and `comment` are SQL. */
const char *decide_sql(struct confirmation_rig *rig, const struct waiting *w, const char *decision,
                       const char *comment, const char *token_hash);
/* Decide as `person`; the code. */
const char *decide(struct confirmation_rig *rig, const struct waiting *w, const char *decision,
                   const char *comment, const struct pg_person *person);
#define CONFIRM(rig, w, person) decide((rig), (w), "'confirm'", "null", (person))

const char *runs_of(struct confirmation_rig *rig, const struct waiting *w); /* how many, as text */
const char *state_of(struct confirmation_rig *rig, const struct waiting *w);

#endif
