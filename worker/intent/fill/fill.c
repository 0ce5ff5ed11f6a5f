/* fill.c - the order of the rules, and what becomes of what they leave.
 *
 * Explicit values first, because nobody is surer than who names the parameter; then forms that
 * can be only one thing; then forms that may be several; free text last. A follow-up keeps what
 * it does not change, a default stands where nothing was said, and a required parameter that is
 * still empty is a question.
 */
#include "worker/intent/fill/fill.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/intent/fill/questions.h"
#include "worker/intent/rules/rules.h"

static void (*const rules[])(struct fill_context *) = {
    rule_explicit, rule_files,    rule_literals, rule_dates,   rule_numbers,
    rule_enums,    rule_booleans, rule_lists,    rule_strings,
};

bool fill_open(const struct parameter *p)
{
    return !p->value && !p->ambiguous;
}

/* What the schema's pattern or lengths forbid is as if it had not been said. */
static bool accepts(const struct parameter *p, const json_t *value)
{
    const json_t *element;
    size_t i;

    if (json_is_string(value))
        return parameter_accepts_text(p, json_string_value(value));
    json_array_foreach (value, i, element) {
        if (json_is_string(element) && !parameter_accepts_text(p, json_string_value(element)))
            return false;
    }
    return true;
}

/* A sensitive value is not taken out of words; where one was surely meant, it is asked for. */
static void hear(struct fill_context *c, struct parameter *p, bool sure, size_t start, size_t end)
{
    if (!sure)
        return;
    p->said = true;
    phrase_take(&c->phrase, start, end);
}

void fill_set(struct fill_context *c, struct parameter *p, json_t *value, enum fill_source source,
              size_t start, size_t end, const char *rule)
{
    json_own(c->arena, value);
    if (p->sensitive && source <= FILL_GUESS) {
        hear(c, p, source != FILL_GUESS, start, end);
        return;
    }
    if (source != FILL_DEFAULT && source != FILL_PREVIOUS && p->kind == PARAMETER_STRING &&
        !accepts(p, value))
        return;
    p->value = value;
    p->source = source;
    p->start = start;
    p->end = end;
    p->rule = rule;
    phrase_take(&c->phrase, start, end);
}

void fill_ask(struct fill_context *c, struct parameter *p, json_t *choices, size_t start,
              size_t end, const char *rule)
{
    json_own(c->arena, choices);
    if (p->sensitive) {
        hear(c, p, true, start, end);
        return;
    }
    p->ambiguous = choices;
    p->start = start;
    p->end = end;
    p->rule = rule;
    phrase_take(&c->phrase, start, end);
}

json_t *fill_text_json(struct fill_context *c, size_t start, size_t end)
{
    while (start < end && c->phrase.fold[start] == ' ')
        start++;
    while (end > start && c->phrase.fold[end - 1] == ' ')
        end--;
    return json_string(phrase_text(&c->phrase, start, end, c->arena));
}

const char *fill_source_name(enum fill_source source)
{
    static const char *const names[] = { "explicit", "typed", "guess", "default", "previous" };
    return names[source];
}

static void fill_rest(struct fill_context *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        json_t *previous = json_object_get(c->request->previous, p->name);
        json_t *standard = json_object_get(p->schema, "default");
        if (!fill_open(p))
            continue;
        if (previous)
            fill_set(c, p, json_incref(previous), FILL_PREVIOUS, 0, 0, "previous");
        else if (standard)
            fill_set(c, p, json_incref(standard), FILL_DEFAULT, 0, 0, "default");
    }
}

/* An empty required string is missing, whatever a rule or a default may say of it. */
static void collect(struct fill_context *c, struct fill_result *result)
{
    result->object = json_own(c->arena, json_object());
    result->values = ARENA_ARRAY(c->arena, struct fill_value, c->count + 1);
    result->questions = ARENA_ARRAY(c->arena, struct fill_question, c->count + 1);
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->value) {
            json_object_set(result->object, p->name, p->value);
            result->values[result->value_count++] =
                (struct fill_value){ p->path, p->source, p->start, p->end, p->rule };
        } else if (p->ambiguous || p->required || p->said) {
            result->questions[result->question_count++] = question_about(p, c->request, c->arena);
        }
    }
}

static bool request_valid(const struct fill_request *request, struct gov_err *err)
{
    size_t bytes = strnlen(request->text, FILL_TEXT_BYTES_MAX + 1);

    if (bytes > FILL_TEXT_BYTES_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/text", "maximum",
                           "the text is longer than %d bytes", "文本超过 %d 字节",
                           (int)FILL_TEXT_BYTES_MAX);
    if (!text_utf8_valid(request->text, bytes))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/text", "utf8", "the text is not valid UTF-8",
                           "文本不是合法的 UTF-8");
    return true;
}

bool fill_parameters(const struct fill_request *request, struct fill_result *result,
                     struct arena *arena, struct gov_err *err)
{
    struct fill_context c = { .request = request, .arena = arena };

    memset(result, 0, sizeof *result);
    if (!request_valid(request, err) ||
        !parameter_read(request->schema, &c.parameters, &c.count, arena, err))
        return false;
    phrase_init(&c.phrase, request->text, strlen(request->text), arena);
    if (zone_known(request->timezone) && !zone_take(request->timezone, arena, &c.zone, err))
        return false;
    int64_t now_s = request->now_us / 1000000 - (request->now_us % 1000000 < 0);
    int64_t local_s = now_s + zone_offset(c.zone, now_s);
    c.today = civil_from_days(local_s / 86400 - (local_s % 86400 < 0));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&c);
    fill_rest(&c);
    collect(&c, result);
    return true;
}

bool fill_has_guess(const struct fill_result *result)
{
    for (size_t i = 0; i < result->value_count; i++)
        if (result->values[i].source == FILL_GUESS || result->values[i].source == FILL_PREVIOUS)
            return true;
    return false;
}

static json_t *value_json(const struct fill_value *value)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "path", value->path, "source",
                             fill_source_name(value->source), "rule", value->rule);
    if (value->end > value->start)
        json_object_set_new(json, "span",
                            json_pack("[I, I]", (json_int_t)value->start, (json_int_t)value->end));
    return json;
}

json_t *fill_to_json(const struct fill_result *result, enum gov_language language)
{
    json_t *provenance = json_array(), *questions = json_array();

    for (size_t i = 0; i < result->value_count; i++)
        json_array_append_new(provenance, value_json(&result->values[i]));
    for (size_t i = 0; i < result->question_count; i++) {
        const struct fill_question *q = &result->questions[i];
        json_t *json = json_pack("{s:s, s:s, s:s}", "path", q->path, "reason",
                                 q->reason == FILL_AMBIGUOUS ? "ambiguous" : "missing", "text",
                                 gov_text_in(q->text, language));
        if (q->choices)
            json_object_set(json, "choices", (json_t *)(uintptr_t)q->choices);
        json_array_append_new(questions, json);
    }
    return json_pack("{s:O, s:o, s:o}", "input", result->object, "provenance", provenance,
                     "questions", questions);
}
