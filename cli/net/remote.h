/* remote.h - calls of the HTTP API, one at a time.
 *
 * A call that is not answered with 2xx fails: `err` carries the code and detail of the server's
 * problem+json, and cli->problem all of it. No answer at all is SERVER_UNREACHABLE, one that came too
 * late is DEADLINE, one that nobody can read is INTERNAL.
 */
#ifndef CLI_NET_REMOTE_H
#define CLI_NET_REMOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/cli.h"
#include "core/base/err.h"

enum {
    REMOTE_BODY_BYTES_MAX = 64 << 20, /* of an answer that is kept in memory */
    REMOTE_HEADERS_MAX = 16,
    REMOTE_WAIT_S_MAX = 60,           /* the server's limit of Prefer: wait */
};

struct remote;
struct curl_mime_s;

/* Where an answer's bytes go as they come. False stops the transfer. */
typedef bool remote_sink(void *into, const char *data, size_t bytes);

struct remote_call {
    const char *method;
    const char *path;          /* with its query, escaped */
    const json_t *body;        /* JSON; NULL: none */
    const char *upload;        /* a file's path: sent as the raw body; NULL: none */
    int64_t piece_from;        /* with `upload`: only so many bytes from there on, with Upload-Offset */
    int64_t piece_bytes;       /* 0: all of the file */
    const char *part;          /* with `upload`: sent as this part of multipart/form-data */
    const char *part_filename; /* the file's name in that part */
    const char *const *fields; /* more parts: name, value, name, value, NULL */
    const char *accept;        /* NULL: application/json */
    const char *if_match;      /* NULL: none */
    int64_t range_from;        /* > 0: Range, from there to the end, if it is still `if_range` */
    const char *if_range;
    const char *last_event_id; /* NULL: none */
    const char *idempotency_key; /* NULL: POSTs get a fresh one */
    int wait_s;                /* > 0: Prefer: wait=N */
    long limit_ms;             /* > 0: all of it has to be over by then, streams too */
    bool anonymous;            /* send no token */
    bool endless;              /* a stream: no limit of time, but 45 s of silence end it */
    remote_sink *sink;         /* NULL: kept in memory */
    void *sink_into;
};

struct remote_answer {
    long status;
    const char *body;       /* NUL-terminated, in the cli's arena; "" with a sink */
    size_t bytes;
    const json_t *json;     /* parsed body of a JSON answer, else NULL; owned by the arena */
    const char *etag, *file_name, *date; /* NULL if absent */
};

bool remote_send(struct cli *cli, const struct remote_call *call, struct remote_answer *answer,
                 struct gov_err *err);

/* The common cases. `json` may be NULL where the answer does not matter. */
bool remote_get(struct cli *cli, const char *path, const json_t **json, struct gov_err *err);
bool remote_post(struct cli *cli, const char *path, const json_t *body, const json_t **json,
                 struct gov_err *err);

/* "name=value" pairs to a path with a query; NULL values are left out, values are escaped.
 * remote_path(cli, "/v1/runs", "state", state, "limit", "50", NULL) */
const char *remote_path(struct cli *cli, const char *path, ...) __attribute__((sentinel));
/* One path segment, percent-encoded. */
const char *remote_segment(struct cli *cli, const char *text);

/* Follow `next_cursor` from `path` on, until `most` items are there (0: all); an array of the arena's.
 * `next` (may be NULL) gets the cursor that was left, or NULL. */
bool remote_list(struct cli *cli, const char *path, size_t most, json_t **items, const char **next,
                 struct gov_err *err);

/* What --json prints of a list: {items, next_cursor}, as the API answers it. */
void remote_list_print(const json_t *items, const char *next);

void remote_free(struct remote *remote);

#endif
