/* preview.h - what a scan at a moment would do, and a digest of it; writes nothing.
 *
 * The same decide() over the same rows, in one read-only snapshot, by subscription; the digest is SHA-256 of the
 * canonical lines, so that a person can say: exactly this. Rows are handed on as they come. */
#ifndef CORE_STORE_SCAN_PREVIEW_H
#define CORE_STORE_SCAN_PREVIEW_H

#include "core/io/crypto/crypto.h"
#include "core/store/scan/scan_batch.h"

struct preview_line {
    const char *subscription;
    int period_no;
    const char *action, *window, *status; /* of one that cannot be read: put_off, "", unreadable */
    int64_t due_us;
    const char *from_state, *to_state;
};

/* What is said of one action of a row, and of a row that cannot be read; `code` is for the window's. */
void preview_line_of(const struct scan_row *row, const struct lifecycle_decision *decision,
                     const struct lifecycle_action *action, char code[WINDOW_CODE_BYTES + 4], struct preview_line *line);
void preview_line_unreadable(const struct scan_row *row, struct preview_line *line);

struct preview_options {
    int64_t as_of_us;  /* 0: now; may lie in the future */
    bool inside;       /* of a transaction that the caller has begun; else of one of its own */
    const char *action; /* only these; NULL: all (the digest is of what is shown) */
    bool (*line)(void *self, const struct preview_line *line); /* false: enough was seen; may be NULL */
    void *self;
};

struct preview {
    int64_t as_of_us;
    struct scan_counts counts;
    int64_t lines;
    int64_t unreadable; /* subscriptions that a scan would put off; each is a line, too */
    char digest[CRYPTO_HEX_BYTES];
};

bool preview_run(PGconn *conn, const struct preview_options *options, struct preview *preview, struct gov_err *err);

#endif
