/* accept_repeat.h - another run like one that was planned a moment ago.
 *
 * Of a thousand runs in one call most name the same skill, version and action. The first is planned by an op; of
 * the others only the input is looked at, in straight code.
 */
#ifndef API_RUNS_ACCEPT_ACCEPT_REPEAT_H
#define API_RUNS_ACCEPT_ACCEPT_REPEAT_H

#include "api/runs/accept/accept.h"

/* Is it such a wish that another may be like it: ready at once, without files or callback? */
bool accept_repeatable(const struct run_wish *wish);
/* Do both name the same skill, version and action? */
bool accept_alike(const struct run_wish *a, const struct run_wish *b);

struct accept_model {
    struct accept *done; /* came out `batched`, gathered, of a repeatable wish; not released yet */
    const char *head;    /* the payload's text without its input, and without the closing brace; NULL: not written yet */
};

/* What is to be written for `wish`, repeatable and alike, in the arena, which is the model's too. NULL: accept it
 * by an op of its own. */
struct accept_item *accept_repeat(struct accept_model *model, const struct run_wish *wish, struct arena *arena);

#endif
