#include "api/runs/show/show_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/plan.h"

/* PostgreSQL's "2026-03-31 08:00:00.123+00" (the session's zone is UTC) and jsonb's form with 'T'. */
json_t *show_time_text(const char *text)
{
    char iso[CLOCK_TEXT_BYTES], fixed[64];
    int64_t us;

    if (!text)
        return json_null();
    snprintf(fixed, sizeof fixed, "%s", text);
    size_t length = strlen(fixed);
    if (length > 3 && (fixed[length - 3] == '+' || fixed[length - 3] == '-'))
        snprintf(fixed + length, sizeof fixed - length, ":00");
    if (!clock_parse(fixed, &us))
        return json_null();
    return json_string(clock_format(us, iso));
}

int64_t show_time_us(const struct db_rows *rows, int row, int column)
{
    json_t *text = show_time_text(db_text(rows, row, column));
    int64_t us = 0;
    if (json_is_string(text))
        clock_parse(json_string_value(text), &us);
    json_decref(text);
    return us;
}

json_t *show_time(const struct db_rows *rows, int row, int column)
{
    return show_time_text(db_text(rows, row, column));
}

json_t *show_person(const struct db_rows *rows, int row, int id, int name)
{
    return json_pack("{s:s?, s:s?}", "id", db_text(rows, row, id), "name", db_text(rows, row, name));
}

json_t *show_error(struct call *call, const json_t *stored)
{
    const json_t *item;
    json_t *items;
    size_t i;

    if (!json_is_object(stored))
        return json_null();
    items = json_array();
    json_array_foreach (json_object_get(stored, "errors"), i, item)
        json_array_append_new(
            items, json_pack("{s:s?, s:s?, s:s?}", "path", json_get_text(item, "path"), "code",
                             json_get_text(item, "code"), "message",
                             call_localised(call, json_object_get(item, "message"))));
    const char *message = call_localised(call, json_object_get(stored, "message"));
    json_t *error = json_pack("{s:s?, s:s?}", "code", json_get_text(stored, "code"), "message",
                              message ? message : "");
    if (json_array_size(items))
        json_object_set(error, "errors", items);
    json_decref(items);
    return error;
}

/* "progress 40 reading" */
json_t *show_progress(const char *body)
{
    char *end;

    if (!body || !text_starts(body, "progress "))
        return json_null();
    double percent = strtod(body + 9, &end);
    if (end == body + 9)
        return json_null();
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    while (*end == ' ' || *end == '%')
        end++;
    return json_pack("{s:f, s:s}", "percent", percent, "note", end);
}

json_t *show_plan(struct call *call, const struct db_rows *rows, int row, int column,
                  struct arena *arena)
{
    json_t *stored = db_json(rows, row, column, arena);
    struct gov_err ignored;
    struct plan plan;

    if (!stored || !plan_decode(stored, &plan, arena, &ignored))
        return json_null();
    return json_incref(plan_view(&plan, call->language, arena));
}

json_t *show_or_null(json_t *json)
{
    return json ? json_incref(json) : json_null();
}
