/* runs.h - the endpoints of requests and runs. The table of their routes is runs/routes.c. */
#ifndef API_RUNS_RUNS_H
#define API_RUNS_RUNS_H

#include "api/endpoint.h"

ENDPOINT(run_create);
ENDPOINT(run_get);
ENDPOINT(run_list);
ENDPOINT(run_cancel);
ENDPOINT(request_create);
ENDPOINT(request_get);
ENDPOINT(request_list);
ENDPOINT(request_answer);
ENDPOINT(request_events);
ENDPOINT(run_events);
ENDPOINT(tenant_events);
ENDPOINT(run_log);
ENDPOINT(run_batch);
ENDPOINT(run_rerun);
ENDPOINT(run_why);

extern const struct route run_routes[];

#endif
