/* job_queue_internal.h - what the job_queue_*.c know of each other. Nobody else includes it.
 *
 *     job_queue.c        the handle: generation, greeting, sending a script
 *     job_queue_batch.c  small messages that travel together
 *     job_queue_bell.c   waiting for work
 *     job_queue_work.c   the worker's calls
 *     job_queue_admin.c  the scheduler's and the operators' calls
 */
#ifndef CORE_STORE_QUEUE_JOB_QUEUE_INTERNAL_H
#define CORE_STORE_QUEUE_JOB_QUEUE_INTERNAL_H

#include "core/store/queue/job_queue.h"
#include "lua_functions.h"

enum { QUEUE_GENERATION_BYTES = 224, QUEUE_WORD_BYTES = 100 };

/* What the keys and their texts look like. Programs of another format find this queue a stranger: it is filled anew for
 * the one that leads, and the others wait. Another number for every change that the scripts of before cannot read. It
 * ends the generation, with "/<shards>" behind it where there are several: they may not differ either. */
enum { QUEUE_FORMAT = 2 };

/* The texts of all scripts, of every handle of a process. */
struct queue_scripts {
    struct redis_script items[LUA_FUNCTIONS_COUNT];
    int users;
};

/* One script on its way. Lives in an arena; `ended` is called once, with err filled or not. */
struct queue_call {
    struct redis_request request; /* first */
    struct job_queue *queue;
    enum lua_functions script;
    int argc;
    const char **argv; /* argv[0] generation, argv[1] time, then the script's own */
    bool greeted;      /* it has waited for a greeting: no second time */
    bool unguarded;    /* the script does not ask for the generation: argv[0] is its own */
    struct list link;  /* while it waits for the greeting */
    struct gov_err err;
    void (*ended)(struct queue_call *call);

    struct op *op;                         /* of a call for an op */
    void (*fill)(struct queue_call *call); /* put the answer, or err, where the op looks */
    void *target;
    const void *context; /* what fill needs to know */
};

/* Messages of one script that are sent together: at once when none is in flight, else when the
 * answer is in. No timer. */
struct queue_batcher {
    struct job_queue *queue;
    enum lua_functions script;
    struct list messages; /* struct queue_message not sent completely */
    bool in_flight;
};

struct job_queue {
    struct redis *redis;
    struct loop *loop;
    enum queue_state state;
    struct gov_err fault;
    int shard, shards;
    char generation_key[16];
    char incarnation[QUEUE_WORD_BYTES]; /* with format and shards */
    void (*lost)(void *context);
    void *lost_context;
    char run_id[QUEUE_WORD_BYTES];
    char generation[QUEUE_GENERATION_BYTES];
    char token[QUEUE_WORD_BYTES]; /* of the rebuild this handle does; "" if none */
    char clear_cursor[24];
    int64_t term;

    bool greeting;
    int64_t greeted_us;
    struct list waiting; /* calls that wait for the greeting */
    struct queue_batcher push, claimed, finish;
    struct queue_scripts *scripts;

    struct redis *bell;           /* made at the first wait */
    struct queue_bell *bell_wait; /* the one that waits */
    uv_timer_t bell_timer;

    int users; /* what keeps the memory: answers outstanding, open handles */
    bool stopped;
};

/* --- job_queue.c --- */
/* A call in the op's arena with room for `argc` arguments after generation and time. */
struct queue_call *queue_call_new(struct op *op, struct job_queue *queue, enum lua_functions script,
                                  int argc);
void queue_call_add(struct queue_call *call, const char *text);
/* "{sNN}:<name>" */
const char *queue_key(struct arena *arena, const struct job_queue *queue, const char *name);
/* Begins I/O of call->op, if it has one. */
void queue_call_send(struct queue_call *call);
/* Look at the generation again unless that happened just now. */
void queue_greet(struct job_queue *queue);
/* It is known to be the queue of queue->generation. */
void queue_opened(struct job_queue *queue);
/* This handle holds the token of a rebuild. */
void queue_rebuilding(struct job_queue *queue, const char *token);
void queue_hold(struct job_queue *queue);
void queue_let_go(struct job_queue *queue);

/* --- job_queue_batch.c --- */
void queue_batcher_init(struct queue_batcher *batcher, struct job_queue *queue,
                        enum lua_functions script);
/* `texts` in the op's arena. result may be NULL. */
void queue_batcher_add(struct queue_batcher *batcher, struct op *op, const char **texts, int count,
                       struct queue_result *result);

/* --- job_queue_bell.c --- */
void queue_bell_opened(struct job_queue *queue); /* the queue is open: stop waiting for that */

/* --- texts and answers: job_queue_text.c --- */
const char *queue_entry_text(struct arena *arena, const struct queue_entry *entry);
/* The other way; false: it is none. Texts in the arena, `lane` as it is given. */
bool queue_entry_read(struct arena *arena, const char *text, const char *lane, struct queue_entry *entry);
const char *queue_number(struct arena *arena, int64_t number);
/* Cut `text` (changed in place) at spaces into at most `most` words. How many there are. */
int queue_words(char *text, char **words, int most);
/* Fill a struct queue_result (target, may be NULL) from a text or an integer. */
void queue_fill_result(struct queue_call *call);
/* False, with call->err filled, unless the answer is of that type. */
bool queue_answer_is(struct queue_call *call, enum redis_type type);

#endif
