#include "worker/egress/daemon/call/provider_memory.h"

#include <stdio.h>
#include <string.h>

bool provider_memory_find(const struct provider_memory *m, const char *code, int64_t now_us, struct db_rows *rows)
{
    for (int i = 0; i < PROVIDER_MEMORY_MAX; i++)
        if (m->known[i].row && m->known[i].until_us > now_us && strcmp(m->known[i].code, code) == 0) {
            *rows = (struct db_rows){ .count = 1, .result = m->known[i].row };
            return true;
        }
    return false;
}

/* Its own place, or the one whose time is over first. */
static int place_of(const struct provider_memory *m, const char *code)
{
    int oldest = 0;

    for (int i = 0; i < PROVIDER_MEMORY_MAX; i++) {
        if (m->known[i].row && strcmp(m->known[i].code, code) == 0)
            return i;
        if (m->known[i].until_us < m->known[oldest].until_us)
            oldest = i;
    }
    return oldest;
}

void provider_memory_put(struct provider_memory *m, const char *code, int64_t now_us, const struct db_rows *rows)
{
    int i = place_of(m, code);

    if (rows->count != 1 || strlen(code) >= PROVIDER_CODE_BYTES)
        return;
    PQclear(m->known[i].row);
    m->known[i].row = PQcopyResult(rows->result, PG_COPYRES_TUPLES);
    m->known[i].until_us = m->known[i].row ? now_us + PROVIDER_MEMORY_US : 0;
    snprintf(m->known[i].code, sizeof m->known[i].code, "%s", code);
}

void provider_memory_release(struct provider_memory *m)
{
    for (int i = 0; i < PROVIDER_MEMORY_MAX; i++)
        PQclear(m->known[i].row);
    memset(m, 0, sizeof *m);
}
