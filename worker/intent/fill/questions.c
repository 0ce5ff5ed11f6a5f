#include "worker/intent/fill/questions.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "worker/intent/recogniser/fold.h"

enum { CHOICES_SHOWN_MAX = 12 };

static bool is_chinese(const char *text)
{
    uint32_t points[256];
    size_t n = fold_text(text, strnlen(text, 256), points, 256);

    for (size_t i = 0; i < n; i++)
        if (fold_is_cjk(points[i]))
            return true;
    return false;
}

/* What a person calls it: the title in his language, else another name for it that is in his
 * language, else the title in any, else the name. */
static const char *title_in(const struct parameter *p, bool chinese)
{
    const json_t *title = json_object_get(p->schema, "title");
    const char *text = json_is_object(title) ? json_get_text(title, chinese ? "zh" : "en")
                                             : json_string_value(title);

    if (text && *text && is_chinese(text) == chinese)
        return text;
    for (size_t i = 0; i < p->alias_count; i++)
        if (is_chinese(p->aliases[i]) == chinese && strcmp(p->aliases[i], p->name) != 0)
            return p->aliases[i];
    return text && *text ? text : p->name;
}

/* A description in both languages is one sentence after the other: those of his, else all. */
static const char *description_in(const struct parameter *p, bool chinese, struct arena *arena)
{
    static const char *const ends[] = { ". ", "。", "\n", "! ", "? " };
    struct buf own = { 0 };

    for (const char *at = p->description; *at;) {
        size_t length = strlen(at);
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            const char *end = strstr(at, ends[e]);
            if (end && (size_t)(end - at) + strlen(ends[e]) < length)
                length = (size_t)(end - at) + strlen(ends[e]);
        }
        const char *sentence = arena_copy(arena, at, length);
        if (is_chinese(sentence) == chinese)
            buf_add(&own, at, length);
        at += length;
    }
    while (own.length && own.data[own.length - 1] == ' ')
        own.length--;
    const char *text = own.length ? arena_copy(arena, own.data, own.length) : p->description;
    buf_release(&own);
    return text;
}

static const char *wanted_en(enum parameter_kind kind)
{
    switch (kind) {
    case PARAMETER_DATE:
        return "a date such as 2026-03-05";
    case PARAMETER_DATETIME:
        return "a date and time";
    case PARAMETER_MONTH:
        return "a month such as 2026-03";
    case PARAMETER_TIME:
        return "a time such as 15:30";
    case PARAMETER_INTEGER:
        return "a whole number";
    case PARAMETER_NUMBER:
        return "a number";
    case PARAMETER_BOOLEAN:
        return "yes or no";
    case PARAMETER_FILE:
        return "a file";
    case PARAMETER_EMAIL:
        return "an e-mail address";
    case PARAMETER_URI:
        return "a link";
    case PARAMETER_MONEY:
        return "an amount with its currency";
    default:
        return "a value";
    }
}

static const char *wanted_zh(enum parameter_kind kind)
{
    switch (kind) {
    case PARAMETER_DATE:
        return "日期，例如 2026-03-05";
    case PARAMETER_DATETIME:
        return "日期和时间";
    case PARAMETER_MONTH:
        return "月份，例如 2026-03";
    case PARAMETER_TIME:
        return "时间，例如 15:30";
    case PARAMETER_INTEGER:
        return "整数";
    case PARAMETER_NUMBER:
        return "数字";
    case PARAMETER_BOOLEAN:
        return "是或否";
    case PARAMETER_FILE:
        return "文件";
    case PARAMETER_EMAIL:
        return "电子邮箱地址";
    case PARAMETER_URI:
        return "链接";
    case PARAMETER_MONEY:
        return "金额和币种";
    default:
        return "内容";
    }
}

static const char *file_name(const struct fill_request *request, const char *id)
{
    for (size_t i = 0; i < request->file_count; i++)
        if (strcmp(request->files[i].id, id) == 0)
            return request->files[i].name;
    return id;
}

/* "a, b, c" as a person reads it: files by name. */
static const char *choices_text(const struct parameter *p, const json_t *choices,
                                const struct fill_request *request, const char *joint,
                                struct arena *arena)
{
    struct buf out = { 0 };
    json_t *choice;
    size_t i;

    json_array_foreach(choices, i, choice)
    {
        if (i == CHOICES_SHOWN_MAX) {
            buf_add_text(&out, " …");
            break;
        }
        if (i > 0)
            buf_add_text(&out, joint);
        const char *text = json_string_value(choice);
        if (text)
            buf_add_text(&out, p->kind == PARAMETER_FILE ? file_name(request, text) : text);
        else
            buf_add_text(&out, json_text(arena, choice));
    }
    char *text = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return text;
}

struct fill_question question_about(const struct parameter *p, const struct fill_request *request,
                                    struct arena *arena)
{
    struct fill_question q = { .path = p->path,
                               .reason = p->ambiguous ? FILL_AMBIGUOUS : FILL_MISSING,
                               .choices = p->ambiguous ? p->ambiguous : p->choices };
    const char *en = title_in(p, false), *zh = title_in(p, true);

    if (p->sensitive) {
        q.text.en = arena_format(arena, "Please give \"%s\" as an input of your answer: it is sensitive, and is not "
                                        "taken out of words.", en);
        q.text.zh = arena_format(arena, "请在回答的输入项中提供“%s”：该值为敏感信息，不从文字中提取。", zh);
        return q;
    }
    if (q.choices) {
        const char *list_en = choices_text(p, q.choices, request, ", ", arena);
        const char *list_zh = choices_text(p, q.choices, request, "、", arena);
        q.text.en = arena_format(arena,
                                 q.reason == FILL_AMBIGUOUS ? "Which one is meant by \"%s\": %s?"
                                                            : "Which \"%s\": %s?",
                                 en, list_en);
        q.text.zh = arena_format(
            arena, q.reason == FILL_AMBIGUOUS ? "“%s”指的是哪一个：%s？" : "请选择“%s”：%s。", zh,
            list_zh);
        return q;
    }
    bool described = *p->description && strlen(p->description) < 200;
    q.text.en = described ? arena_format(arena, "Please give \"%s\" (%s): %s", en,
                                         wanted_en(p->kind), description_in(p, false, arena))
                          : arena_format(arena, "Please give \"%s\" (%s).", en, wanted_en(p->kind));
    q.text.zh = described ? arena_format(arena, "请提供“%s”（%s）：%s", zh, wanted_zh(p->kind),
                                         description_in(p, true, arena))
                          : arena_format(arena, "请提供“%s”（%s）。", zh, wanted_zh(p->kind));
    return q;
}
