/* route.h - which op answers which request. The tables are api/<group>/routes; see route_tables.
 *
 * How to add an endpoint: write its op in the group's folder, add a row to the group's table, and
 * describe it in openapi.yaml (a test compares the two).
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/io/op/op.h"
#include "core/model/policy.h"

enum { ROUTE_PARAMS_MAX = 4 };

enum route_access {
    ACCESS_ANYBODY = 1, /* no token needed; one that is sent is still looked at */
    ACCESS_TENANT,      /* a token of a tenant whose role has the permission */
    ACCESS_PLATFORM,    /* a token of the platform; anybody else gets 404 */
    ACCESS_LOGGED_IN,   /* any valid token, no permission asked */
};

struct route {
    const char *method;
    const char *pattern; /* "/v1/runs/{id}/cancel" */
    enum route_access access;
    enum permission permission; /* ignored for ANYBODY and LOGGED_IN */
    const struct op_step *steps;
    const size_t *bytes; /* sizeof the endpoint's struct, whose first member is struct endpoint */
    size_t body_bytes_max; /* 0: the server's default */
    /* Streamed body: called when the caller is known, instead of starting at once; see call.h. */
    bool stream_body;
    /* The answer carries a secret or must not be repeated: an Idempotency-Key keeps only the hash. */
    bool answer_secret;
    /* Also for a tenant that is suspended: what it needs to come back. */
    bool while_suspended;
    /* A repeat of an Idempotency-Key runs the endpoint with call->replay_id set, which shows it. */
    bool replay_shows;
    /* Its body is signed by a payment provider: of any media type, and no attempt at a password. */
    bool signed_body;
};

struct route_match {
    const struct route *route; /* NULL: none */
    const char *params[ROUTE_PARAMS_MAX];
    const char *allow; /* methods that this path has, for 405; NULL: no such path */
};

/* Find the route of a percent-decoded path. HEAD is answered by GET's route. */
void route_find(const char *method, const char *path, struct arena *arena,
                struct route_match *match);

/* All tables, each ending with a zero row; NULL ends the list. */
extern const struct route *const route_tables[];

#endif
