/* order_time.h - what time does to orders: renewals drafted and published, unpaid ones expired or asked for anew at
 * another price, tenants of paid ones made. Blocking, like scan.h; each order in a transaction of its own. */
#ifndef CORE_STORE_SCAN_ORDER_TIME_H
#define CORE_STORE_SCAN_ORDER_TIME_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct order_times {
    int64_t drafted, published, expired, prolonged, repriced, activating, failed;
};

/* At most `batch` of each kind; `activate` is called for each paid order whose tenant is to be made, and answers
 * whether it was. While the clock is not `trusted` (scan.h refused it) that is all: nothing is drafted, published or expired by it. */
bool order_time_run(PGconn *conn, int batch, bool trusted, bool (*activate)(void *self, const char *order), void *self,
                    struct order_times *times, struct gov_err *err);

#endif
