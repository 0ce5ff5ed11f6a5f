/* call.h - one request on its way through an endpoint.
 *
 *     on_head: route -> on_request: authenticate -> authorise -> replay -> perform -> answer
 *
 * An endpoint is an op whose struct begins with `struct endpoint`. Its steps read call->caller,
 * call->params and the body, and leave an answer with call_json (or answer by themselves and say
 * so with call_taken). A failure becomes problem+json. Everything lives in op arenas that are freed
 * when the answer has been handed over.
 *
 *     struct skill_get { struct endpoint endpoint; struct db_rows rows; };
 *
 *     static enum op_next load(struct op *op)
 *     {
 *         struct skill_get *e = (struct skill_get *)op;
 *         struct call *call = e->endpoint.call;
 *         DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_GET, &e->rows,
 *                  call->params[0]);
 *         return OP_WAIT;
 *     }
 */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/api.h"
#include "api/caller.h"
#include "api/identity.h"
#include "api/route.h"
#include "core/base/json.h"
#include "core/io/http/http_reply.h"
#include "core/io/http/http_request.h"

struct call;
struct receive;

/* First member of every endpoint's struct. */
struct endpoint {
    struct op op;
    struct call *call;
};

struct call {
    struct op op;
    struct api *api;
    struct http_request *request; /* held until the call has ended */
    const struct route *route;
    const char *params[ROUTE_PARAMS_MAX];
    enum gov_language language;
    struct caller caller;
    const struct identity *identity; /* it was remembered; NULL: the database was asked */
    unsigned identity_epoch;
    struct endpoint *endpoint;

    /* the answer */
    int status; /* 0: none yet */
    const char *media_type;
    struct buf body;
    bool taken; /* the endpoint answers, or has answered, by itself */
    bool gone;  /* the client left */
    struct receive *receiving;       /* who takes a streamed body */
    void (*left)(struct call *call); /* told at once when the client leaves; NULL: nobody */

    /* Idempotency-Key */
    const char *idempotency_key; /* NULL: none was sent */
    const char *body_hash;
    bool replayed;
    struct id replay_id; /* of a route that shows: what the first request made; "" otherwise */
    struct db_rows rows, replay_rows; /* the prelude's own */
};

/* HTTP handlers of the API's server; ctx is struct api. */
extern const struct http_handlers call_handlers;

/* The endpoint's answer: `json` is consumed. */
void call_json(struct call *call, int status, json_t *json);
/* 204. */
void call_empty(struct call *call);
/* The endpoint has taken the http_request over (stream, file): nothing more is sent for it. */
void call_taken(struct call *call);

/* Parse the body with a field table; for use in a first step: `return call_body(...) ? OP_NEXT : OP_FAIL`. */
bool call_body(struct call *call, struct op *op, const struct json_field *fields, size_t count,
               void *into);
#define CALL_BODY(call, op, fields, into)                                                          \
    call_body((call), (op), (fields), sizeof(fields) / sizeof *(fields), (into))

/* Write the answer's key into the effect's own transaction; no effect without an Idempotency-Key. Call
 * with the answer set (call_json before), as the last statement of the group. */
void call_remember(struct call *call, struct db_group *group);

/* The same for routes with `replay_shows`: only the id is kept, and a repeat shows it as it is now. */
void call_remember_shown(struct call *call, struct db_group *group, const struct id *id);

/* For a route with a streamed body, which the prelude cannot hash: when the body is there, look for the
 * answer to this key (I/O of `op`; `body` is what tells one body from another), then take it. False: `err`
 * says why it cannot be given again. call->replay_id says what is to be shown; "": nothing was found. */
void call_find_answer(struct op *op, struct call *call, const void *body, size_t bytes);
bool call_answer_again(struct call *call, struct gov_err *err);

/* `params[index]` as an id; false: NOT_FOUND, so that a malformed id tells nothing. */
bool call_param_id(struct call *call, int index, struct id *id, struct gov_err *err);

/* Fill FORBIDDEN unless the caller may. For checks that depend on what was loaded. */
bool call_may(struct call *call, enum permission permission, struct gov_err *err);

/* Does the caller's token name this skill, or none? Sessions name none. */
bool call_may_use(const struct call *call, const char *skill);

/* Answer {items, next_cursor}; `items` is consumed; `next` NULL: no more pages (page.h). */
void call_list(struct call *call, json_t *items, const char *next);

/* If-Match against the row's revision; sets PRECONDITION_FAILED. No header: true. */
bool call_if_match(struct call *call, int64_t revision, struct gov_err *err);
void call_etag(struct call *call, int64_t revision);

/* Bilingual text of a jsonb cell {en, zh} in the caller's language. */
const char *call_localised(struct call *call, const json_t *text);

#endif
