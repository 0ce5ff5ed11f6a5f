#include "scheduler/walk.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "scheduler/entry_row.h"

struct walk {
    struct id tenant;
    struct id after;  /* the next page begins behind it; "": the walk is over */
    int64_t begun_us; /* monotonic, when this or the last walk began */
};

/* In the order of the tenants' ids: there are few of them, and they come and go seldom. */
struct walks {
    struct walk *items;
    int count, room;
};

struct walks *walks_new(void)
{
    struct walks *walks = calloc(1, sizeof *walks);
    CHECK(walks);
    return walks;
}

void walks_free(struct walks *walks)
{
    free(walks->items);
    free(walks);
}

void walks_forget(struct walks *walks)
{
    walks->count = 0;
}

/* Where the tenant is, or would be. */
static int place_of(const struct walks *walks, const struct id *tenant)
{
    int low = 0, high = walks->count;

    while (low < high) {
        int middle = (low + high) / 2;
        if (strcmp(walks->items[middle].tenant.text, tenant->text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct walk *find(const struct walks *walks, const struct id *tenant)
{
    int at = place_of(walks, tenant);
    return at < walks->count && strcmp(walks->items[at].tenant.text, tenant->text) == 0 ? &walks->items[at] : NULL;
}

static struct walk *add(struct walks *walks, const struct id *tenant)
{
    int at = place_of(walks, tenant);

    if (walks->count == walks->room) {
        walks->room = walks->room ? 2 * walks->room : 16;
        walks->items = realloc(walks->items, (size_t)walks->room * sizeof *walks->items);
        CHECK(walks->items);
    }
    memmove(walks->items + at + 1, walks->items + at, (size_t)(walks->count - at) * sizeof *walks->items);
    walks->count++;
    walks->items[at] = (struct walk){ .tenant = *tenant };
    return &walks->items[at];
}

static void drop(struct walks *walks, struct walk *walk)
{
    walks->count--;
    memmove(walk, walk + 1, (size_t)(walks->items + walks->count - walk) * sizeof *walk);
}

const struct id *walk_due(struct walks *walks, const struct id *tenant)
{
    const struct walk *walk = find(walks, tenant);
    return walk && walk->after.text[0] ? &walk->after : NULL;
}

/* {a,b,…} of one word of the tenant's marks. */
static const char *array_of(struct arena *arena, const struct queue_overs *overs, const char *tenant,
                            const char *(*word)(const struct queue_over *over))
{
    struct buf text = { 0 };

    buf_add_char(&text, '{');
    for (int i = 0; i < overs->count; i++)
        if (!overs->items[i].name && strcmp(overs->items[i].tenant, tenant) == 0)
            buf_addf(&text, "%s%s", text.length > 1 ? "," : "", word(&overs->items[i]));
    buf_add_char(&text, '}');
    const char *copy = arena_text(arena, text.data);
    buf_release(&text);
    return copy;
}

static const char *lane_of(const struct queue_over *over)
{
    return over->lane;
}

static const char *class_of(const struct queue_over *over)
{
    return over->class;
}

static const char *mark_of(const struct queue_over *over)
{
    return over->mark.text;
}

void walk_ask(struct db_group *group, struct arena *arena, const struct id *after, const char *tenant,
              const struct queue_overs *overs, struct db_rows *rows)
{
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_WALK, rows, arena_text(arena, after->text), arena_format(arena, "%d", WALK_JOBS),
                 arena_format(arena, "%d", WALK_ROWS), array_of(arena, overs, tenant, lane_of),
                 array_of(arena, overs, tenant, class_of), array_of(arena, overs, tenant, mark_of));
}

void walk_went(struct walks *walks, const struct id *tenant, const struct db_rows *rows)
{
    struct walk *walk = find(walks, tenant);

    if (!walk || rows->count == 0)
        return;
    if (db_text(rows, 0, ENTRY_ROW_MORE))
        walk->after = db_id(rows, 0, ENTRY_ROW_MORE);
    else
        walk->after.text[0] = 0;
}

bool walk_swept(struct walks *walks, const struct id *tenant, const struct id *seen)
{
    struct walk *walk = find(walks, tenant);
    int64_t now = clock_mono_us();

    if (!seen) {
        if (walk)
            drop(walks, walk);
        return false;
    }
    bool first = !walk;
    if (first)
        walk = add(walks, tenant);
    if (first || (!walk->after.text[0] && now - walk->begun_us >= (int64_t)WALK_AGAIN_MS * 1000)) {
        walk->after = *seen;
        walk->begun_us = now;
    }
    return walk->after.text[0] != 0;
}
