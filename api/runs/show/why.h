/* why.h - what keeps a run from starting, each with what helps and who can do it. */
#ifndef API_RUNS_SHOW_WHY_H
#define API_RUNS_SHOW_WHY_H

#include "api/call.h"

struct why {
    struct call *call;
    struct arena *arena;
    json_t *blockers;
};

void why_add(struct why *why, const char *code, struct gov_text message, struct gov_text remedy);
#define WHY_TEXT(why, en, zh, ...)                                                                 \
    ((struct gov_text){ arena_format((why)->arena, en, ##__VA_ARGS__),                            \
                        arena_format((why)->arena, zh, ##__VA_ARGS__) })

/* Of a job that is ready: where it stands in the queue. */
struct why_queue {
    const char *lane, *class;
    const struct queue_document *queue; /* job_queue_status */
    int64_t workers;                    /* that take work of the lane; -1: not known */
    int64_t slots;                      /* theirs */
};
/* What of the queue's limits and of the workers holds it back; and if that is nothing, whose turn comes
 * first. Adds nothing only if the job starts now. */
void why_queue(struct why *why, const struct why_queue *place);

#endif
