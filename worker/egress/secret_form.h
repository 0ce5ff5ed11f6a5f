/* secret_form.h - a text as it may stand in somebody's answer: as it is, escaped as JSON, or in percent. */
#ifndef WORKER_EGRESS_SECRET_FORM_H
#define WORKER_EGRESS_SECRET_FORM_H

#include <stddef.h>

/* How many of the `left` bytes at `at` (at least one) are `secret`, in the longest of its forms; 0: it is not there.
 * Writers choose freely which characters they escape and in which case, so forms are read, not listed. */
size_t secret_form_at(const char *secret, const char *at, size_t left);

#endif
