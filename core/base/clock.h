/* clock.h - time, always in microseconds. */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT_BYTES = 32 };

int64_t clock_now_us(void);  /* since 1970-01-01 UTC; may jump */
int64_t clock_mono_us(void); /* since some moment; never goes back */

/* RFC 3339 in UTC with microseconds: "2026-11-21T03:08:15.000001Z". Returns `text`. */
char *clock_format(int64_t us, char text[CLOCK_TEXT_BYTES]);
/* RFC 3339 with any offset and 0-9 fraction digits. False if it is not one. */
bool clock_parse(const char *text, int64_t *us);

#endif
