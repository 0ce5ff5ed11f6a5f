/* redis.h - commands to Redis on behalf of ops.
 *
 * One handle is one connection that comes back by itself (backoff with jitter). Commands are
 * pipelined and answered in order. While Redis is away a command fails at once with
 * QUEUE_UNAVAILABLE; one that was sent and not answered when the connection broke, or in time,
 * fails the same way, and its outcome is unknown: everything the platform sends may be repeated.
 *
 * A node that says MOVED or READONLY cannot do what was asked: the command fails as if Redis were away, and
 * the connection goes to the node that was named, or to the next address. All keys of a handle have one hash tag,
 * so one connection is enough on a cluster, too.
 */
#ifndef CORE_IO_REDIS_REDIS_H
#define CORE_IO_REDIS_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/list.h"
#include "core/io/op/op.h"

struct redis;

enum { REDIS_ADDRESSES_MAX = 16 };

struct redis_options {
    const char *address;  /* "unix:/path/socket", "host:port" or "[v6]:port"; several, separated by commas: nodes
                             of one cluster, or a master and its replicas */
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: no AUTH */
    int command_ms;       /* deadline of a command; 0: 2000 */
    int connect_ms;       /* 0: 2000 */
};

enum redis_type {
    REDIS_ANSWER_NONE, /* no answer came; see err */
    REDIS_ANSWER_NIL,
    REDIS_ANSWER_INTEGER,
    REDIS_ANSWER_TEXT, /* bulk and status */
    REDIS_ANSWER_ARRAY,
    REDIS_ANSWER_ERROR /* the server's words are `text` */
};

/* All of it lives in the op's arena. */
struct redis_answer {
    enum redis_type type;
    int64_t integer;
    const char *text; /* NUL-terminated; "" unless TEXT or ERROR */
    size_t bytes;
    struct redis_answer *elements;
    size_t count;
    struct gov_err *err; /* of redis_call: NULL if all went well; in the op's arena */
};

/* A Lua script, by its text and the SHA-1 of it; both must outlive the calls. */
struct redis_script {
    const char *text;
    size_t bytes;
    char sha[41];
};

/* Does `address` have one of the forms above, or is it a list of them? INVALID_INPUT otherwise. */
bool redis_address_check(const char *address, struct gov_err *err);

/* Connects in the background. The options are copied. */
struct redis *redis_new(struct loop *loop, const struct redis_options *options);
/* Fail what is in flight and close. The handle is freed when the loop has closed its sockets. */
void redis_stop(struct redis *redis);
bool redis_connected(const struct redis *redis);
/* For a second connection to the same server (blocking commands, subscriptions). */
const struct redis_options *redis_options_of(const struct redis *redis);
struct loop *redis_loop(const struct redis *redis);

/* Called at every connect (connected = true) and loss. At most eight listeners; `connected` is told
 * at once to a listener that comes late. */
void redis_listen(struct redis *redis, void (*changed)(void *context, bool connected),
                  void *context);
/* `changed` of this context is called no more. */
void redis_unlisten(struct redis *redis, void *context);

/* One command. `lengths` may be NULL for texts. A failure is told in answer->err and does not fail the op: INTERNAL for
 * an error reply, QUEUE_UNAVAILABLE for a missing one. */
void redis_call(struct redis *redis, struct op *op, struct redis_answer *answer, int argc,
                const char *const *argv, const size_t *lengths);
/* EVALSHA with one key; a script that the server lost is sent again. The same failures, and they
 * fail the op. */
void redis_script(struct redis *redis, struct op *op, struct redis_answer *answer,
                  const struct redis_script *script, const char *key, int argc,
                  const char *const *argv);

/* Below ops: one command with a callback. The request and what argv points to are the caller's and
 * stay until `done` has been called; that happens exactly once, possibly inside redis_send, and at
 * the latest when the handle is stopped. */
struct redis_request {
    void (*done)(struct redis_request *request);
    struct arena *arena;        /* of the answer */
    struct redis_answer answer; /* answer.type NONE: see err */
    struct gov_err err;         /* code GOV_OK if an answer came (be it an error reply) */
    int within_ms;              /* 0: the handle's command_ms */
    struct list link;           /* redis.c's from here on */
    const struct redis_script *script;
    int argc;
    const char *const *argv; /* of a script: kept for sending it again, so in `arena` */
    void *flight;
};
void redis_send(struct redis *redis, struct redis_request *request, int argc,
                const char *const *argv, const size_t *lengths);
/* argv: what follows the key. */
void redis_send_script(struct redis *redis, struct redis_request *request,
                       const struct redis_script *script, const char *key, int argc,
                       const char *const *argv);
/* This node cannot do what will be asked (a replica): go on to the next address, if there is one. */
void redis_elsewhere(struct redis *redis);
/* Break the connection: what is in flight fails now. Ends a blocking command early. */
void redis_cut(struct redis *redis);

#endif
