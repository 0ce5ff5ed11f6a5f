/* health.h - what machines ask: alive, ready, metrics, version, contract. No token needed. */
#ifndef API_HEALTH_HEALTH_H
#define API_HEALTH_HEALTH_H

#include "api/endpoint.h"

ENDPOINT(livez);
ENDPOINT(readyz);
ENDPOINT(metrics_get);
ENDPOINT(version_get);
ENDPOINT(openapi_get);
ENDPOINT(docs_get);

extern const struct route health_routes[];

#endif
