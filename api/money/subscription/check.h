/* check.h - what a person should know who reads days that were reckoned without a table of workdays. */
#ifndef API_MONEY_SUBSCRIPTION_CHECK_H
#define API_MONEY_SUBSCRIPTION_CHECK_H

#include <jansson.h>

#include "api/call.h"
#include "core/io/db/db.h"

/* A list, of the rows of calendar_missing.sql. */
json_t *check_warnings(struct call *call, const struct db_rows *missing);

#endif
