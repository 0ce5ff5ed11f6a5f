/* findings.h - what can be wrong with a package, worded for people in both languages.
 *
 * How to add one: a row in the table of findings.c; the code is what extract.c or check.py writes.
 */
#ifndef CORE_MODEL_SKILL_FINDINGS_H
#define CORE_MODEL_SKILL_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

enum { FINDINGS_MAX = 400, FINDINGS_REPORT_BYTES = 512 * 1024 };

struct findings {
    struct buf items;    /* JSON objects with commas between */
    struct buf ignored;  /* JSON strings with commas between */
    struct buf stripped; /* a JSON string; empty: nothing was */
    char python[16];     /* version that packages run in, "3.11"; "": not said */
    int count;
    int errors;
    bool ended; /* the report was complete */
};

void findings_release(struct findings *findings);

/* Add what a report's lines say (see extract.h). Lines with an unknown code or bad UTF-8 are left
 * out; `ended` says whether the last line was there. */
void findings_read(struct findings *findings, char *report, size_t bytes);
/* One of our own. */
void findings_add(struct findings *findings, const char *code, const char *path,
                  const char *detail);

#endif
