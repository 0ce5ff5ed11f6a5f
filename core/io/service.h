/* service.h - what every daemon has: signals, and a health port with /livez, /readyz, /metrics, /version.
 *
 * Exit codes: 0 a clean drain, 1 could not start, 2 usage, 3 the drain had to give up on work.
 */
#ifndef CORE_IO_SERVICE_H
#define CORE_IO_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/buf.h"
#include "core/io/http/http_server.h"
#include "core/io/metrics.h"
#include "core/io/op/loop.h"

enum { SERVICE_EXIT_START = 1, SERVICE_EXIT_USAGE = 2, SERVICE_EXIT_LOST = 3 };

struct service {
    struct loop *loop;
    const char *name;
    uv_signal_t term, interrupt, hangup;
    struct http_server http;
    bool has_http;
    struct metrics *metrics;
    /* Add what is looked at (service_check); false: not ready. May be NULL. */
    bool (*ready)(void *context, json_t *checks);
    /* SIGTERM or SIGINT, once: begin to drain; call service_stop when done. */
    void (*drain)(void *context);
    /* SIGHUP: read again what may change under way. NULL: nothing may, the signal does nothing. */
    void (*reload)(void *context);
    void *context;
    bool draining;
};

/* "127.0.0.1:8080", "[::1]:8080" or ":8080"; the address is copied into `address`. */
bool service_listen_parse(const char *text, char address[64], int *port, struct gov_err *err);

/* Install the signals, and listen for health unless `health` is NULL or "". */
bool service_start(struct service *service, const char *health, struct gov_err *err);
/* Close the signals and the health port. The loop ends when nothing else is left. */
void service_stop(struct service *service);

/* Append {name, ok, detail} to a list of checks. */
void service_check(json_t *checks, const char *name, bool ok, const char *detail);

/* The documents of the health routes; also used where they are part of a larger API. */
json_t *service_ready_json(struct service *service, bool *ready);
json_t *service_version_json(const char *name);

#endif
