#include "core/store/tenant_limits.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT_WEIGHT, LIMIT_SLOTS, LIMIT_RATE, LIMIT_PAUSED, LIMIT_NAMES, LIMIT_REVISION };

/* "name slots rate paused;…" */
static int names_read(struct arena *arena, const char *text, struct queue_named_limit **limits)
{
    char *copy = arena_text(arena, text), *save = NULL;
    int count = 0;
    size_t most = 1;

    for (const char *p = text; *p; p++)
        most += *p == ';';
    *limits = ARENA_ARRAY(arena, struct queue_named_limit, most);
    for (char *item = strtok_r(copy, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *words = NULL;
        const char *name = strtok_r(item, " ", &words), *slots = strtok_r(NULL, " ", &words),
                   *rate = strtok_r(NULL, " ", &words), *paused = strtok_r(NULL, " ", &words);
        if (paused)
            (*limits)[count++] = (struct queue_named_limit){ name, strtoll(slots, NULL, 10),
                                                             strtod(rate, NULL), *paused == '1' };
    }
    return count;
}

void tenant_limits_tell(struct op *op, const struct queue_shards *queues, const char *schema,
                        const struct db_rows *rows, int row, int first)
{
    struct queue_limits limits = { .weight = (double)db_int(rows, row, first + LIMIT_WEIGHT),
                                   .slots = db_int(rows, row, first + LIMIT_SLOTS),
                                   .rate_per_s = strtod(db_text(rows, row, first + LIMIT_RATE), NULL) };
    const char *text = db_text(rows, row, first + LIMIT_NAMES);
    struct queue_named_limit *names = NULL;
    int count = text ? names_read(&op->arena, text, &names) : 0;
    struct job_queue *queue = queue_shards_of(queues, schema);
    int64_t revision = db_int(rows, row, first + LIMIT_REVISION);

    job_queue_limit(op, queue, schema, revision, &limits, NULL);
    job_queue_limit_names(op, queue, schema, revision, names, count, NULL);
    if (db_bool(rows, row, first + LIMIT_PAUSED))
        job_queue_pause(op, queue, schema, revision, NULL);
    else
        job_queue_resume(op, queue, schema, revision, NULL);
}
