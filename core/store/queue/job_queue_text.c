/* Texts for the scripts, and what their answers say. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/store/queue/job_queue_internal.h"

enum { WORD_BYTES_MAX = 200, KEY_BYTES = 8 };

/* A space would make two words of one, and the script another entry of it. */
static bool word_ok(const char *word)
{
    size_t bytes = word ? strlen(word) : 0;

    if (bytes == 0 || bytes > WORD_BYTES_MAX)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)word[i] <= ' ')
            return false;
    return true;
}

static bool entry_ok(const struct queue_entry *e)
{
    return word_ok(e->lane) && word_ok(e->class) && word_ok(e->tenant) && word_ok(e->kind) &&
           (!e->action || word_ok(e->action)) && word_ok(e->job.text) && e->fence >= 0 &&
           (strcmp(e->class, "interactive") == 0 || strcmp(e->class, "normal") == 0 ||
            strcmp(e->class, "bulk") == 0);
}

const char *queue_entry_text(struct arena *arena, const struct queue_entry *e)
{
    const char *action = e->action ? e->action : "-";

    CHECK(entry_ok(e));
    return arena_format(arena, "%s %s %s %s %" PRId64 " %" PRId64 " %s %s", e->lane, e->class,
                        e->tenant, e->job.text, e->fence, e->cost_ms > 0 ? e->cost_ms : 1, e->kind,
                        action);
}

/* "tenant class job fence cost_ms kind action". What is taken may be given back, so only what could be written
 * is read. */
bool queue_entry_read(struct arena *arena, const char *text, const char *lane, struct queue_entry *e)
{
    char *words[7];

    if (queue_words(arena_text(arena, text), words, 7) != 7 || !id_parse(words[2], &e->job) ||
        !text_parse_i64(words[3], 0, INT64_MAX, &e->fence) || !text_parse_i64(words[4], 0, INT64_MAX, &e->cost_ms))
        return false;
    e->tenant = words[0];
    e->lane = lane;
    e->class = words[1];
    e->kind = words[5];
    e->action = strcmp(words[6], "-") == 0 ? NULL : words[6];
    return entry_ok(e);
}

const char *job_queue_key_name(struct arena *arena, const char *concurrency_key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char name[2 + 2 * KEY_BYTES + 1] = "k:";

    CHECK(EVP_Digest(concurrency_key, strlen(concurrency_key), digest, NULL, EVP_sha256(), NULL) == 1);
    for (int i = 0; i < KEY_BYTES; i++)
        snprintf(name + 2 + 2 * i, 3, "%02x", digest[i]);
    return arena_text(arena, name);
}

struct queue_entry queue_entry_new(const char *tenant, enum job_lane lane, enum job_class class, enum job_kind kind,
                                   struct id job, int64_t cost_ms)
{
    return (struct queue_entry){ .tenant = tenant,
                                 .lane = job_lane_name(lane),
                                 .class = job_class_name(class),
                                 .job = job,
                                 .fence = 1,
                                 .cost_ms = cost_ms,
                                 .kind = job_kind_name(kind) };
}

const char *job_queue_action(struct arena *arena, const char *skill, const char *action,
                             const char *concurrency_key)
{
    const char *word = arena_format(arena, "%s.%s", skill, action ? action : "run");

    return concurrency_key && *concurrency_key
               ? arena_format(arena, "%s#%s", word, job_queue_key_name(arena, concurrency_key))
               : word;
}

const char *queue_number(struct arena *arena, int64_t number)
{
    return arena_format(arena, "%" PRId64, number);
}

int queue_words(char *text, char **words, int most)
{
    int count = 0;
    char *save = NULL;

    for (char *w = strtok_r(text, " ", &save); w && count < most; w = strtok_r(NULL, " ", &save))
        words[count++] = w;
    return count;
}

bool queue_answer_is(struct queue_call *call, enum redis_type type)
{
    if (call->err.code)
        return false;
    if (call->request.answer.type == type)
        return true;
    return gov_fail_cause(&call->err, GOV_INTERNAL, "redis: an unexpected answer to %s",
                          lua_functions[call->script].name);
}

void queue_fill_result(struct queue_call *call)
{
    const struct redis_answer *answer = &call->request.answer;
    struct queue_result *result = call->target;

    if (!result)
        return;
    *result = (struct queue_result){ .err = call->err, .verdicts = "" };
    if (call->err.code)
        return;
    result->count = answer->integer;
    if (answer->type == REDIS_ANSWER_TEXT)
        result->verdicts = answer->text;
}
