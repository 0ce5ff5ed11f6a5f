#include "api/people/page.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"

bool page_read(struct call *call, bool numbers, struct page *page, struct gov_err *err)
{
    struct id id;
    int64_t number;

    if (!call_page(call, &page->asked, err))
        return false;
    page->limit = arena_format(&call->op.arena, "%lld", (long long)page->asked.limit + 1);
    page->before = *page->asked.after ? page->asked.after : NULL;
    if (!page->before || (numbers ? text_parse_i64(page->before, 0, INT64_MAX, &number) :
                                    id_parse(page->before, &id)))
        return true;
    return call_cursor_refuse(err);
}

void page_answer(struct call *call, const struct page *page, const struct db_rows *rows)
{
    json_t *items = json_array();
    int limit = (int)page->asked.limit;

    for (int i = 0; i < rows->count && i < limit; i++)
        json_array_append(items, db_json(rows, i, 1, &call->op.arena));
    call_list(call, items, rows->count > limit ? db_text(rows, limit - 1, 0) : NULL);
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
    return gov_fail_at(err, GOV_INVALID_INPUT, name, "enum", "there is no such choice: \"%.40s\"",
                       "没有这个选项：“%.40s”", *text);
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
