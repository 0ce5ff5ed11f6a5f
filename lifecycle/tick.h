/* tick.h - every minute one look whether there is anything to do; if so, and every ten minutes in any case: payments that were told, asked-for scans, what is due, what time does to orders, tenants of
 * paid orders. A payment comes before a shutdown. */
#ifndef LIFECYCLE_TICK_H
#define LIFECYCLE_TICK_H

#include "core/base/id.h"
#include "core/io/op/rounds.h"
#include "core/store/money/order_act.h"
#include "core/store/money/payment_inbox.h"
#include "core/store/scan/order_time.h"
#include "core/store/scan/scan.h"
#include "lifecycle/lifecycle.h"

enum { TICK_ACTIVATIONS = 20 };
enum tick_phase { TICK_INBOX, TICK_SCAN, TICK_ORDERS, TICK_ACTIVATE, TICK_PHASES };

struct tick {
    struct rounds rounds;
    struct lifecycle *lifecycle;
    PGconn *conn;         /* of the pool thread; kept from tick to tick */
    struct arena conn_arena;
    struct payment_inbox inbox;
    bool draining;        /* a batch of the inbox is under way */
    struct db_rows found; /* of the look */
    struct db_rows written; /* messages that the calendar brings about */
    int64_t whole_us;     /* monotonic, of the last tick that did not rest on the look */
    int64_t hourly_us;    /* monotonic */
    int64_t told;         /* of what stood in the way of the scan before: each change leaves a row */
    struct id run;
    struct scan_report report;
    struct order_times times;
    bool asked;           /* a scan that a person asked for was carried out */
    int64_t late_s;       /* the lag, as last seen */
    bool well[TICK_PHASES]; /* ended well in this tick */
    struct id orders[TICK_ACTIVATIONS]; /* to activate */
    int order_count;
    struct order_act acts[TICK_ACTIVATIONS];
    struct gov_err unwritten[TICK_ACTIVATIONS]; /* why that one failed could not be written down */
    struct metric ticks, failures, lag, last_success, reminders, shutdowns, phase_success[TICK_PHASES];
};

void tick_start(struct tick *tick, struct lifecycle *lifecycle);
void tick_stop(struct tick *tick, void (*stopped)(struct rounds *rounds));

#endif
