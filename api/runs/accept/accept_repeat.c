#include "api/runs/accept/accept_repeat.h"

#include <string.h>

bool accept_repeatable(const struct run_wish *wish)
{
    return !wish->files && !wish->callback_url && !run_wish_is_for_later(wish) && !wish->is_try && !wish->stored &&
           strcmp(wish->mode, "auto") == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool accept_alike(const struct run_wish *a, const struct run_wish *b)
{
    return a->version == b->version && same_text(a->skill, b->skill) && same_text(a->action, b->action);
}

/* A payload is a tree of some twelve members, the same for all but the input: that much is written once. */
static const char *head_write(const struct accept *done, struct arena *arena)
{
    struct planning *p = (struct planning *)&done->planning;
    json_t *filled = p->filled;

    p->filled = NULL;
    char *text = json_text(arena, planning_payload(p, &done->payload, arena));
    p->filled = filled;
    text[strlen(text) - 1] = 0;
    return text;
}

static const char *payload_write(struct accept_model *model, const struct run_wish *wish, struct arena *arena)
{
    struct planning *p = &model->done->planning;
    struct job_payload payload = model->done->payload;

    payload.timezone = wish->timezone;
    payload.concurrency_key = wish->concurrency_key;
    if (p->step.sensitive_count || !same_text(payload.timezone, model->done->payload.timezone) ||
        !same_text(payload.concurrency_key, model->done->payload.concurrency_key))
        return json_text(arena, planning_payload(p, &payload, arena));
    if (!model->head)
        model->head = head_write(model->done, arena);
    return arena_format(arena, "%s,\"input\":%s}", model->head, json_text(arena, p->filled));
}

struct accept_item *accept_repeat(struct accept_model *model, const struct run_wish *wish, struct arena *arena)
{
    struct planning *p = &model->done->planning;

    if (!planning_repeat(p, wish->input, arena) || p->rule.required)
        return NULL;
    struct accept_item *item = ARENA_NEW(arena, struct accept_item);
    *item = model->done->item;
    item->entry.job = id_new();
    item->entry.class = wish->class;
    item->entry.action = job_queue_action(arena, wish->skill, p->chosen->name, wish->concurrency_key);
    item->payload = payload_write(model, wish, arena);
    item->digest = arena_text(arena, p->digest);
    return item;
}
