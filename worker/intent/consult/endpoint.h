/* endpoint.h - the optional model endpoint, as a worker knows it: execgov-egress reaches it and holds its key.
 *
 * Kept here is whether it is worth a try: after three failures in a row it is left alone for a minute, then
 * one request tries again.
 */
#ifndef WORKER_INTENT_CONSULT_ENDPOINT_H
#define WORKER_INTENT_CONSULT_ENDPOINT_H

#include <stdbool.h>

struct endpoint;

/* `socket` of execgov-egress; it stays the caller's. */
struct endpoint *endpoint_new(const char *socket);
void endpoint_free(struct endpoint *endpoint); /* takes NULL */

const char *endpoint_socket(const struct endpoint *endpoint);
/* False: there is none (NULL), or it is left alone after failures. */
bool endpoint_ready(struct endpoint *endpoint);
/* What came of a question. */
void endpoint_tell(struct endpoint *endpoint, bool useful);

#endif
