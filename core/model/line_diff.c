/* line_diff.c - Myers' greedy algorithm: the furthest point on each diagonal for each number of edits, kept
 * for the way back. Time and memory grow with the square of the edits, so those are bounded. */
#include "core/model/line_diff.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

struct text {
    const char **line;
    size_t *bytes; /* of each line, with its end */
    int count;
};

/* Which lines stay: for each line of `before` whether it goes, of `after` whether it is new. */
struct marks {
    bool *gone, *fresh;
};

static bool split(const char *from, struct text *t)
{
    int room = 1;

    for (const char *c = from; *c; c++)
        room += *c == '\n';
    t->count = 0;
    t->line = calloc((size_t)room, sizeof *t->line);
    t->bytes = calloc((size_t)room, sizeof *t->bytes);
    CHECK(t->line && t->bytes);
    while (*from) {
        size_t n = strcspn(from, "\n");
        n += from[n] == '\n';
        t->line[t->count] = from;
        t->bytes[t->count++] = n;
        from += n;
    }
    return t->count <= LINE_DIFF_LINES_MAX;
}

static void forget(struct text *t)
{
    free(t->line);
    free(t->bytes);
}

static bool same(const struct text *a, int i, const struct text *b, int k)
{
    return a->bytes[i] == b->bytes[k] && memcmp(a->line[i], b->line[k], a->bytes[i]) == 0;
}

/* From the end back to the start over the kept rows; marks what was not common. */
static void walk_back(int *const *rows, int edits, int x, int y, int from_x, int from_y, struct marks *m)
{
    for (int d = edits; d > 0; d--) {
        const int *row = rows[d - 1] + LINE_DIFF_EDITS_MAX + 1;
        int k = x - y;
        bool down = k == -d || (k != d && row[k - 1] < row[k + 1]);
        int was = down ? k + 1 : k - 1;
        x = row[was];
        y = x - was;
        if (down)
            m->fresh[from_y + y] = true;
        else
            m->gone[from_x + x] = true;
    }
}

/* The lines from..to of both; false: more edits than are looked for. */
static bool edits_find(const struct text *a, const struct text *b, int from, int a_count, int b_count,
                       struct marks *m)
{
    enum { WIDTH = 2 * LINE_DIFF_EDITS_MAX + 3 };
    int *rows[LINE_DIFF_EDITS_MAX + 1] = { 0 }, edits = -1;
    int now[WIDTH] = { 0 }, *v = now + LINE_DIFF_EDITS_MAX + 1;

    for (int d = 0; edits < 0 && d <= LINE_DIFF_EDITS_MAX && d <= a_count + b_count; d++) {
        for (int k = -d; edits < 0 && k <= d; k += 2) {
            int x = k == -d || (k != d && v[k - 1] < v[k + 1]) ? v[k + 1] : v[k - 1] + 1;
            while (x < a_count && x - k < b_count && same(a, from + x, b, from + x - k))
                x++;
            v[k] = x;
            if (x >= a_count && x - k >= b_count)
                edits = d;
        }
        rows[d] = malloc(sizeof now);
        CHECK(rows[d]);
        memcpy(rows[d], now, sizeof now);
    }
    if (edits >= 0)
        walk_back(rows, edits, a_count, b_count, from, from, m);
    for (int d = 0; d <= LINE_DIFF_EDITS_MAX; d++)
        free(rows[d]);
    return edits >= 0;
}

static void compare(const struct text *a, const struct text *b, struct marks *m)
{
    int from = 0, tail = 0;

    while (from < a->count && from < b->count && same(a, from, b, from))
        from++;
    while (tail < a->count - from && tail < b->count - from &&
           same(a, a->count - 1 - tail, b, b->count - 1 - tail))
        tail++;
    if (edits_find(a, b, from, a->count - from - tail, b->count - from - tail, m))
        return;
    memset(m->gone + from, true, (size_t)(a->count - from - tail));
    memset(m->fresh + from, true, (size_t)(b->count - from - tail));
}

static void put(struct buf *out, char mark, const struct text *t, int i)
{
    buf_add_char(out, mark);
    buf_add(out, t->line[i], t->bytes[i]);
    if (t->line[i][t->bytes[i] - 1] != '\n')
        buf_add_text(out, "\n\\ No newline at end of file\n");
}

/* One hunk from lines i, k on. Returns where it ended. */
static void hunk(struct buf *out, const struct text *a, const struct text *b, const struct marks *m, int *i,
                 int *k)
{
    struct buf body = { 0 };
    int lead = *i < LINE_DIFF_CONTEXT ? *i : LINE_DIFF_CONTEXT;
    int a_from = *i - lead, b_from = *k - lead;

    for (int n = lead; n > 0; n--)
        put(&body, ' ', a, *i - n);
    while (*i < a->count || *k < b->count) {
        bool gone = *i < a->count && m->gone[*i], fresh = *k < b->count && m->fresh[*k];
        if (!gone && !fresh) {
            int ahead = 0; /* is another change near enough to belong here? */
            while (*i + ahead < a->count && *k + ahead < b->count && !m->gone[*i + ahead] && !m->fresh[*k + ahead])
                ahead++;
            bool last = *i + ahead >= a->count && *k + ahead >= b->count;
            if (last || ahead > 2 * LINE_DIFF_CONTEXT) {
                for (int n = 0; n < ahead && n < LINE_DIFF_CONTEXT; n++, ++*i, ++*k)
                    put(&body, ' ', a, *i);
                break;
            }
            for (int n = 0; n < ahead; n++, ++*i, ++*k)
                put(&body, ' ', a, *i);
            continue;
        }
        if (gone)
            put(&body, '-', a, (*i)++);
        else
            put(&body, '+', b, (*k)++);
    }
    /* A side without lines is told by the line before it, as diff does. */
    buf_addf(out, "@@ -%d,%d +%d,%d @@\n", a_from + (*i > a_from), *i - a_from, b_from + (*k > b_from), *k - b_from);
    buf_add(out, body.data, body.length);
    buf_release(&body);
}

bool line_diff(const char *before, const char *after, struct buf *out)
{
    struct text a, b;
    bool good = split(before, &a);

    good = split(after, &b) && good;
    struct marks m = { calloc((size_t)a.count + 1, 1), calloc((size_t)b.count + 1, 1) };
    CHECK(m.gone && m.fresh);
    if (good)
        compare(&a, &b, &m);
    for (int i = 0, k = 0; good && (i < a.count || k < b.count);) {
        if ((i < a.count && m.gone[i]) || (k < b.count && m.fresh[k])) {
            hunk(out, &a, &b, &m, &i, &k);
            continue;
        }
        i++;
        k++;
    }
    free(m.gone);
    free(m.fresh);
    forget(&a);
    forget(&b);
    return good;
}
