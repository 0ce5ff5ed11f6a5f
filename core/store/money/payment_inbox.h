/* payment_inbox.h - what providers told, applied to orders: a batch of the oldest that wait.
 *
 *     received -> done | ignored | unmatched | failed
 *
 * Merchant, order, currency and amount are compared before any effect (public.payment_event_take,
 * order_settle). An event is put off for a minute while somebody works on it; twice applied it has one
 * effect, because a payment is one (provider, txn). The API does this at once after it answered, the
 * lifecycle before each scan: what an API process left behind is found there.
 */
#ifndef CORE_STORE_MONEY_PAYMENT_INBOX_H
#define CORE_STORE_MONEY_PAYMENT_INBOX_H

#include "core/store/money/order_act.h"

enum { PAYMENT_INBOX_BATCH = 8 };

struct payment_inbox_event {
    struct op op;
    struct db *db;
    const char *provider, *event;
    struct order_act act;
    struct db_rows rows;
};

struct payment_inbox {
    struct op op;
    struct db *db;
    struct db_rows taken;
    struct payment_inbox_event events[PAYMENT_INBOX_BATCH];
    int count;   /* events that were looked at; PAYMENT_INBOX_BATCH: there may be more */
    int settled; /* orders that were paid */
};

/* One batch, as I/O of `parent`; its failure stays in inbox->op (failed, err). The struct is the caller's: zeroed
 * before its first use, used again for the next batch, released after the last. */
void payment_inbox_start(struct op *parent, struct payment_inbox *inbox, struct db *db);
void payment_inbox_release(struct payment_inbox *inbox);

#endif
