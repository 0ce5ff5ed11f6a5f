/* sending.h - one message: words are put in, then egress or a file takes it, then how it went is written down. */
#ifndef LIFECYCLE_SENDING_H
#define LIFECYCLE_SENDING_H

#include "core/io/db/db.h"
#include "core/io/egress/egress_client.h"
#include "core/model/notice.h"
#include "core/store/outbox/delivery.h"
#include "lifecycle/lifecycle.h"

enum { SENDING_ROW_CHANNEL = 4 }; /* of outbox_claim.sql */

struct sending {
    struct op op;
    struct lifecycle *lifecycle;
    struct delivery delivery; /* of the op's arena */
    struct delivery_result result;
    bool waits; /* the result is that nobody could be asked yet */
    struct notice notice;
    struct egress_session *session;
    struct egress_answer answer;
    struct db_rows done;
    void (*over)(struct sending *sending); /* told once; frees nothing */
    void *owner;
};

/* `rows`: of outbox_claim.sql, copied. Freed after `over`. */
void sending_start(struct lifecycle *lifecycle, const struct db_rows *rows, int row,
                   void (*over)(struct sending *sending), void *owner);

#endif
