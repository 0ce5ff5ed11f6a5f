#include "core/store/queue/queue_depth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void queue_depths_ask(struct op *op, const struct queue_shards *shards, int most, struct queue_depths *depths)
{
    depths->count = shards->count;
    depths->of = ARENA_ARRAY(&op->arena, struct queue_document, (size_t)shards->count);
    for (int i = 0; i < shards->count; i++)
        job_queue_depth(op, shards->queues[i], most, &depths->of[i]);
}

/* Numbers are added, but moments: of "since_ms" the earliest counts, of "now_ms" the latest. Objects by their members. */
static void add(json_t *sum, const json_t *more)
{
    const char *key;
    const json_t *value;

    json_object_foreach((json_t *)more, key, value)
    {
        json_t *had = json_object_get(sum, key);
        if (!had) {
            json_object_set_new(sum, key, json_deep_copy(value));
        } else if (json_is_object(had)) {
            add(had, value);
        } else if (json_is_integer(had)) {
            json_int_t a = json_integer_value(had), b = json_integer_value(value);
            json_integer_set(had, strcmp(key, "since_ms") == 0 ? (a < b ? a : b)
                                  : strcmp(key, "now_ms") == 0 ? (a > b ? a : b)
                                                               : a + b);
        } else if (json_is_array(had)) {
            json_t *copy = json_deep_copy(value);
            json_array_extend(had, copy);
            json_decref(copy);
        }
    }
}

static int by_since(const void *a, const void *b)
{
    int64_t x = json_get_int(*(json_t *const *)a, "since_ms", INT64_MAX);
    int64_t y = json_get_int(*(json_t *const *)b, "since_ms", INT64_MAX);

    return x < y ? -1 : x > y;
}

/* The `most` that have waited longest, of lists that were each sorted so. */
static void queues_sort(struct arena *arena, json_t *sum, int most)
{
    json_t *queues = json_object_get(sum, "queues"), *sorted = json_array();
    size_t count = json_array_size(queues);
    json_t **items = ARENA_ARRAY(arena, json_t *, count + 1);

    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(queues, i);
    qsort(items, count, sizeof *items, by_since);
    for (size_t i = 0; i < count && i < (size_t)most; i++)
        json_array_append(sorted, items[i]);
    json_object_set_new(sum, "queues", sorted);
}

const json_t *queue_depths_sum(struct arena *arena, const struct queue_depths *depths, int most, struct gov_err *err)
{
    for (int i = 0; i < depths->count; i++)
        if (depths->of[i].err.code) {
            *err = depths->of[i].err;
            if (depths->count > 1)
                gov_err_context(err, "dispatch shard %d", i);
            return NULL;
        }
    if (depths->count == 1)
        return depths->of[0].json;
    json_t *sum = json_own(arena, json_object());
    for (int i = 0; i < depths->count; i++)
        add(sum, depths->of[i].json);
    queues_sort(arena, sum, most);
    return sum;
}
