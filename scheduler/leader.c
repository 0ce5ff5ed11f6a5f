#include "scheduler/leader.h"

#include "core/base/log.h"
#include "core/store/queue_script.h"

static void free_script(void *script)
{
    queue_script_free(script);
}

static enum op_next hold(struct op *op)
{
    struct leader_hold *h = (struct leader_hold *)op;
    struct redis_script *script = ARENA_NEW(&op->arena, struct redis_script);
    const char *argv[] = { h->scheduler->id.text,
                           arena_format(&op->arena, "%d", LEADER_TTL_MS) };

    queue_script_load(LUA_FUNCTIONS_LEADER_HOLD, script);
    arena_defer(&op->arena, free_script, script);
    redis_script(h->scheduler->redis, op, &h->answer, script, "{s00}:leader", 2, argv);
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct leader_hold *h = (struct leader_hold *)op;
    int64_t term = h->answer.integer;

    if (term != h->scheduler->term)
        log_write(LEVEL_INFO, term ? "leader.took" : "leader.lost", LOG_NUMBER("term", term));
    h->scheduler->term = term;
    return OP_DONE;
}

static const struct op_step steps[] = { { "hold", hold }, { "judge", judge }, { 0 } };

void leader_hold_init(struct leader_hold *hold, struct scheduler *scheduler)
{
    op_init(&hold->op, "leader", steps, scheduler->loop, NULL);
    hold->scheduler = scheduler;
}
