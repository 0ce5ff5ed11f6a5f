/* open.h - the page that links in messages lead to. No token needed: it holds nothing, and asks the API for what it shows. */
#ifndef API_OPEN_OPEN_H
#define API_OPEN_OPEN_H

#include "api/endpoint.h"

ENDPOINT(open_page);
ENDPOINT(open_file);

extern const struct route open_routes[];

#endif
