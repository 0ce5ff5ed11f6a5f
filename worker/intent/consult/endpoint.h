/* endpoint.h - the optional model endpoint: where it is, its key, and whether it is worth a try.
 *
 * OpenAI-compatible: POST <url>/chat/completions. The one file that knows how it is reached, so that
 * reaching it another way is a change here alone. Off unless a URL is set. After three failures in a row
 * it is left alone for a minute, then one request tries again.
 */
#ifndef WORKER_INTENT_CONSULT_ENDPOINT_H
#define WORKER_INTENT_CONSULT_ENDPOINT_H

#include "core/io/http_client.h"

struct endpoint;

struct endpoint_settings {
    const char *url;           /* "https://host/v1"; "" = off */
    const char *model;
    const char *key_file;      /* its first line is the key; "" = none */
    const char *allow_private; /* networks that may be reached although they are not public */
};

/* *endpoint is NULL where it is off. INVALID_INPUT: the URL, the model or the key file. Blocking. */
bool endpoint_open(struct loop *loop, const struct endpoint_settings *settings,
                   struct endpoint **endpoint, struct gov_err *err);
/* Before the loop ends; then endpoint_free. Both take NULL. */
void endpoint_stop(struct endpoint *endpoint);
void endpoint_free(struct endpoint *endpoint);

const char *endpoint_model(const struct endpoint *endpoint);
/* False: off, or left alone after failures. */
bool endpoint_ready(struct endpoint *endpoint);
/* As I/O of `op`: sends `body`; fills status, answer and err of `exchange`. */
void endpoint_send(struct op *op, struct endpoint *endpoint, const char *body, int64_t timeout_ms,
                   struct http_exchange *exchange);
/* What came of a request: an answer that could be used, or not. */
void endpoint_tell(struct endpoint *endpoint, bool useful);

#endif
