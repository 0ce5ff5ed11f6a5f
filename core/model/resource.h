/* resource.h - a HTTP resource: a fixed interface that the platform owns, and what may be asked of it.
 *
 * The definition is one JSON document, checked and completed when it is stored:
 *
 *   { "kind": "api" | "web-read", "summary": {"en","zh"},
 *     "base_url": "https://partner.example/v1",
 *     "auth": {"style": "none|basic|bearer|header|query|hmac|oauth2",
 *              "name": header or query parameter, "token_url", "scope"},
 *     "headers": {"X-Client": "execgov"},          sent with every call
 *     "timeout_ms": 10000, "request_bytes_max": 262144, "answer_bytes_max": 1048576,
 *     "rate_per_minute": 600, "attempts": 3,        of what may be repeated
 *     "idempotency_header": "Idempotency-Key" | null,
 *     "unknown": "same_key" | "person",             a write whose answer was lost
 *     "probe": operation | null,                    a read that has no effect
 *     "pages": [address…]     web-read only; a segment may be a star, the last two stars
 *     "operations": [ {"name": "orders_create", "method": "POST", "path": "/orders/{id}",
 *        "summary": {"en","zh"}, "parameters": {name: schema}, "required": [name…],
 *        "body": schema | true | null, "headers": [names a caller may set],
 *        "allowed": bool, "risk": "low" | "high", "idempotent": bool,
 *        "query": how to find out whether a write whose answer was lost has happened (resource_query) } ] }
 *
 * The whitelist is this list: a call is made only if its method and path are those of an operation
 * that is `allowed`. Reads (GET, HEAD) are allowed unless said otherwise, everything else only where
 * it is said. A path is compared, never repaired: what has dot segments, empty segments, encoded
 * slashes or dots, double encoding, ";", "\" or a byte that does not belong in a URL matches nothing.
 * The URL that is sent is built from the operation and its decoded parameters, not taken from the
 * caller, so what was compared is what is sent.
 */
#ifndef CORE_MODEL_RESOURCE_H
#define CORE_MODEL_RESOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/skill/manifest.h"

enum {
    RESOURCE_OPERATIONS_MAX = 200,
    RESOURCE_PARAMETERS_MAX = 40,
    RESOURCE_SEGMENTS_MAX = 32,
    RESOURCE_URL_BYTES_MAX = 8000,
    RESOURCE_BODY_BYTES_MAX = 8 * 1024 * 1024
};

enum resource_kind { RESOURCE_API, RESOURCE_WEB_READ, RESOURCE_KIND_COUNT };
enum resource_auth {
    AUTH_NONE,
    AUTH_BASIC,
    AUTH_BEARER,
    AUTH_HEADER,
    AUTH_QUERY,
    AUTH_HMAC,
    AUTH_OAUTH2,
    AUTH_COUNT
};
const char *resource_kind_name(enum resource_kind kind); /* "api", "web-read" */
const char *resource_auth_name(enum resource_auth auth); /* "none", … */

/* What an answer has to look like to say something. */
struct resource_sign {
    const json_t *status;  /* array of integers; NULL: nothing says it */
    const char *pointer;   /* RFC 6901 into the answer's body; NULL: the status says it all */
    const json_t *equals;  /* the value there; NULL: anything but null */
};

/* {"operation": a read of the same resource,
 *  "parameters": {name: {"$key": true} | {"$body": pointer} | {"$parameter": name} | a constant},
 *  "done": {"status": [200], "pointer": "/0/id", "equals": …}, "not_done": the same | absent,
 *  "settle_s": 5, "within_s": 900} */
struct resource_query {
    const char *operation;
    const json_t *parameters;
    struct resource_sign done, not_done;
    int64_t settle_s; /* so long after the write was over "not done" may still change */
    int64_t within_s; /* so long after it was sent it is asked; then it is a person's */
};
enum resource_verdict { RESOURCE_NOT_KNOWN, RESOURCE_DONE, RESOURCE_NOT_DONE };

struct resource_operation {
    const char *name;
    const char *method; /* upper case */
    const char *path;   /* template below the base URL: "/orders/{id}" */
    struct gov_text summary;
    const json_t *parameters; /* {name: schema}; those of the path too */
    const json_t *schema;     /* of all parameters together */
    const json_t *body;       /* schema, true (anything), or null (none) */
    const json_t *headers;    /* array of lower-case names */
    bool write;               /* neither GET nor HEAD */
    bool allowed;
    enum skill_risk risk;
    bool idempotent; /* repeating it is harmless */
    const struct resource_query *query; /* NULL: nobody but a person can find out */
};

struct resource {
    enum resource_kind kind;
    struct gov_text summary;
    const char *base_url; /* without a slash at the end */
    enum resource_auth auth;
    const char *auth_name; /* of the header or query parameter; "" */
    const char *token_url, *scope; /* of oauth2; "" */
    const json_t *headers;         /* {name: value} */
    int64_t timeout_ms, request_bytes_max, answer_bytes_max, rate_per_minute, attempts;
    int64_t rate_per_minute_all, calls_at_once; /* of all tenants together; 0: no limit */
    const char *idempotency_header; /* NULL: it knows none */
    bool unknown_same_key;
    const char *probe;   /* operation; NULL: none */
    const json_t *pages; /* array of patterns */
    const struct resource_operation *operations;
    size_t operation_count;
    const json_t *json; /* the completed definition */
};

/* Check a definition as somebody wrote it and complete it. False: INVALID_INPUT, every fault by its
 * place ("/operations/3/path"). Everything lives in the arena. */
bool resource_read(const json_t *definition, struct resource *resource, struct arena *arena,
                   struct gov_err *err);

/* NULL: there is none of this name. */
const struct resource_operation *resource_operation_find(const struct resource *resource,
                                                         const char *name);

/* An address taken apart; every text in lower case where case does not matter. */
struct resource_url {
    const char *scheme; /* "http", "https" */
    const char *host;   /* with brackets if IPv6 */
    int port;           /* always there */
    const char *path;   /* begins with '/' */
    const char *query;  /* without '?'; NULL: none */
};
/* Strict: absolute, http(s), no user-info, no fragment, only bytes that RFC 3986 allows. */
bool resource_url_read(const char *text, struct resource_url *url, struct arena *arena);

/* One call, as it will be made: the credential is not in it. */
struct resource_call {
    const struct resource_operation *operation; /* NULL for a page */
    const char *method;
    const char *url;
    const json_t *parameters; /* {name: value}; NULL for a page */
    const json_t *headers; /* {name: value}: the resource's and the caller's */
    const char *body;      /* NULL: none */
    size_t body_bytes;
};

/* What a caller asks for: by operation, or by method and address. */
struct resource_wish {
    const char *operation;    /* NULL: by address */
    const json_t *parameters; /* object; NULL: none (by operation) */
    const json_t *input;      /* object instead of parameters and body: members that are no parameter are
                                 the JSON body; NULL: none (by operation) */
    const char *method, *url; /* by address */
    const json_t *headers;    /* {name: value}; NULL: none */
    const char *body;         /* NULL: none */
    size_t body_bytes;
};

/* Does this address belong to the resource at all (its base URL or one of its pages)? For choosing the
 * resource; says nothing about whether it may be called. */
bool resource_covers(const struct resource *resource, const char *url, struct arena *arena);

/* The verdict. False: WRITE_NOT_WHITELISTED (a method or path that is no allowed operation, an override
 * of the method, something odd in the path of a write), ADDRESS_REFUSED (the same of a read, or another
 * host), INVALID_INPUT (parameters, body or headers that do not fit; paths into the wish). */
bool resource_call_make(const struct resource *resource, const struct resource_wish *wish,
                        struct resource_call *call, struct arena *arena, struct gov_err *err);

/* The call that asks what became of `call`, which was sent with this idempotency key. Its operation has a query.
 * False: as resource_call_make. */
bool resource_query_make(const struct resource *resource, const struct resource_call *call, const char *key,
                         struct resource_call *question, struct arena *arena, struct gov_err *err);

/* What its answer says. "Done" is looked at first. */
enum resource_verdict resource_query_verdict(const struct resource_query *query, int status, const char *body,
                                             size_t body_bytes, struct arena *arena);

/* May an action that declares `declared` ("partner", "partner.orders_create") use this operation? A bare
 * name means the reads; a write has to be named. */
bool resource_declared(const json_t *declared, const char *resource,
                       const struct resource_operation *operation);

#endif
