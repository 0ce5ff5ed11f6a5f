#include "api/page.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/text.h"

enum { ROWS_DEFAULT = 50, ROWS_MAX = 200, CURSOR_BYTES_MAX = 256 };

bool page_cursor_refuse(struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, "cursor", "format",
                       "this is not a cursor of this list; take next_cursor of the page before as it is",
                       "这不是本列表的游标；请原样使用上一页的 next_cursor");
}

static bool cursor_fits(const char *cursor, enum page_cursor of)
{
    struct id id;
    int64_t number;

    switch (of) {
    case PAGE_OF_IDS:
        return id_parse(cursor, &id);
    case PAGE_OF_NUMBERS:
        return text_parse_i64(cursor, 0, INT64_MAX, &number);
    default:
        return strlen(cursor) <= CURSOR_BYTES_MAX;
    }
}

bool page_read(struct call *call, enum page_cursor of, struct page *page, struct gov_err *err)
{
    const char *size = http_request_query(call->request, "limit");
    const char *cursor = http_request_query(call->request, "cursor");

    page->size = ROWS_DEFAULT;
    if (size && !text_parse_i64(size, 1, ROWS_MAX, &page->size))
        return gov_fail_at(err, GOV_INVALID_INPUT, "limit", "range", "limit must be a whole number from 1 to %d",
                           "limit 必须是 1 到 %d 的整数", ROWS_MAX);
    page->limit = arena_format(&call->op.arena, "%lld", (long long)page->size + 1);
    page->before = cursor && *cursor ? cursor : NULL;
    return !page->before || cursor_fits(page->before, of) || page_cursor_refuse(err);
}

int page_shown(const struct page *page, const struct db_rows *rows)
{
    return rows->count > page->size ? (int)page->size : rows->count;
}

const char *page_next(const struct page *page, const struct db_rows *rows, int column)
{
    return rows->count > page->size ? db_text(rows, (int)page->size - 1, column) : NULL;
}

void page_answer(struct call *call, const struct page *page, const struct db_rows *rows)
{
    page_answer_then(call, page, rows, NULL);
}

void page_answer_then(struct call *call, const struct page *page, const struct db_rows *rows, const char *rest)
{
    const char *next = page_next(page, rows, 0);
    json_t *items = json_array();

    for (int i = 0; i < page_shown(page, rows); i++)
        json_array_append(items, db_json(rows, i, 1, &call->op.arena));
    call_list(call, items, next ? next : rest);
}

bool page_choice(struct call *call, const char *name, const char *const *choices, const char **text,
                 struct gov_err *err)
{
    *text = http_request_query(call->request, name);
    if (!*text)
        return true;
    for (const char *const *c = choices; *c; c++)
        if (strcmp(*c, *text) == 0)
            return true;
    struct buf all = { 0 };
    for (const char *const *c = choices; *c; c++)
        buf_addf(&all, "%s%s", c == choices ? "" : ", ", *c);
    gov_fail_at(err, GOV_INVALID_INPUT, name, "enum", "there is no such choice: \"%.40s\"; %s is one of %s",
                "没有这个选项：“%.40s”；%s 可为 %s", *text, name, buf_text(&all));
    buf_release(&all);
    return false;
}

bool page_id(struct call *call, const char *name, const char **text, struct gov_err *err)
{
    struct id id;

    *text = http_request_query(call->request, name);
    return !*text || id_parse(*text, &id) ||
           gov_fail_at(err, GOV_INVALID_INPUT, name, "format", "must be a UUID", "必须是 UUID");
}

bool page_time(struct call *call, const char *name, const char **text, struct gov_err *err)
{
    int64_t us;

    *text = http_request_query(call->request, name);
    return !*text || clock_parse(*text, &us) ||
           gov_fail_at(err, GOV_INVALID_INPUT, name, "format",
                       "must be a time like 2026-03-31T08:00:00Z (RFC 3339)",
                       "必须是形如 2026-03-31T08:00:00Z 的时间（RFC 3339）");
}

bool page_words(struct call *call, const char *name, size_t bytes_max, const char **text,
                struct gov_err *err)
{
    *text = http_request_query(call->request, name);
    return !*text || strlen(*text) <= bytes_max ||
           gov_fail_at(err, GOV_INVALID_INPUT, name, "length", "is longer than %zu bytes",
                       "超过 %zu 字节", bytes_max);
}

bool page_one(struct call *call, int status, const struct db_rows *rows, struct gov_err *err)
{
    if (rows->count == 0)
        return gov_fail(err, GOV_NOT_FOUND, "there is nothing with this id here",
                        "这里没有该 id 的内容");
    call_json(call, status, json_incref(db_json(rows, 0, 1, &call->op.arena)));
    return true;
}
