/* scan_asked.h - scans a person asked for: apply exactly what was previewed, or let the brake go. */
#ifndef LIFECYCLE_SCAN_ASKED_H
#define LIFECYCLE_SCAN_ASKED_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* Carry out the next one, if there is any. Blocking. One that `*stop` breaks off is still asked for: the next call goes on with it. */
bool scan_asked_carry_out(PGconn *conn, const bool *stop, bool *carried, struct gov_err *err);

/* The version of this machine's time zone database ("2025b"); "" if it does not say. Returns `text`. */
const char *scan_tz_version(char *text, size_t bytes);

#endif
