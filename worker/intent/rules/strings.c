/* strings.c - free text for the parameters that are still empty. Always a guess.
 *
 * Candidates are what the description gives as examples and the text repeats, runs of capitalised
 * words, what follows a preposition, codes with digits, and in Chinese what follows the
 * parameter's own name. Each is scored for each parameter by the preposition, the nearness of the
 * parameter's words and whether it looks like the kind of thing; the best pair is taken, and again.
 */
#include <string.h>

#include "worker/intent/rules/candidates.h"

static bool open_string(const struct parameter *p)
{
    return p->kind == PARAMETER_STRING && fill_open(p);
}

static json_t *value_of(struct fill_context *c, const struct parameter *p, struct span span)
{
    json_t *text = fill_text_json(c, span.start, span.end);
    return p->array ? json_pack("[o]", text) : text;
}

static const char *rule_of(enum candidate_form form)
{
    static const char *const names[] = { "string.name", "string.code", "string.phrase",
                                         "string.example", "string.beside" };
    return names[form];
}

/* Examples for an array: all of them. */
static void fill_example_array(struct fill_context *c, struct parameter *p,
                               const struct candidates *found)
{
    json_t *list = json_array();
    struct span span = { 0, 0 };

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (k->only != p || k->form != FORM_EXAMPLE ||
            !phrase_free(&c->phrase, k->span.start, k->span.end))
            continue;
        json_array_append_new(list, fill_text_json(c, k->span.start, k->span.end));
        phrase_take(&c->phrase, k->span.start, k->span.end);
        span = k->span;
    }
    if (json_array_size(list) > 0)
        fill_set(c, p, list, FILL_GUESS, span.start, span.end, "string.example");
    else
        json_decref(list);
}

/* Is there only a comma or an "and" between the two? */
static bool joined(const struct phrase *p, struct span a, struct span b)
{
    size_t at = phrase_skip_space(p, a.end), n;

    if (at < p->length && (p->fold[at] == ',' || p->raw[at] == 0x3001))
        at = phrase_skip_space(p, at + 1);
    if ((n = phrase_match(p, at, "and")) || (n = phrase_match(p, at, "&")))
        at = phrase_skip_space(p, at + n);
    return at == b.start && at > a.end;
}

/* "Microsoft, Apple and Google": the names around the chosen one. */
static void fill_names(struct fill_context *c, struct parameter *p, const struct candidates *found,
                       const struct candidate *chosen)
{
    const struct candidate *names[CANDIDATES_FOUND_MAX];
    size_t n = 0, first = 0, last = 0;
    json_t *list = json_array();

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (k->form != FORM_NAME || candidate_is_pair(&c->phrase, k->span))
            continue;
        if (k == chosen)
            first = last = n;
        names[n++] = k;
    }
    while (n > 0 && first > 0 && joined(&c->phrase, names[first - 1]->span, names[first]->span))
        first--;
    while (n > 0 && last + 1 < n && joined(&c->phrase, names[last]->span, names[last + 1]->span))
        last++;
    for (size_t i = first; i <= last && i < n; i++)
        json_array_append_new(list, fill_text_json(c, names[i]->span.start, names[i]->span.end));
    if (n == 0)
        json_array_append_new(list, fill_text_json(c, chosen->span.start, chosen->span.end));
    fill_set(c, p, list, FILL_GUESS, n ? names[first]->span.start : chosen->span.start,
             n ? names[last]->span.end : chosen->span.end, "string.names");
}

static bool take_best(struct fill_context *c, const struct candidates *found)
{
    struct parameter *best = NULL;
    const struct candidate *chosen = NULL;
    float most = 0;

    for (size_t i = 0; i < found->count; i++) {
        const struct candidate *k = &found->items[i];
        if (!phrase_free(&c->phrase, k->span.start, k->span.end))
            continue;
        for (size_t n = 0; n < c->count; n++) {
            struct parameter *p = &c->parameters[n];
            if (!open_string(p))
                continue;
            float value = candidate_score(c, p, k) - 0.001f * (float)(i + n);
            if (value > most) {
                most = value;
                best = p;
                chosen = k;
            }
        }
    }
    if (!best)
        return false;
    if (best->array && chosen->form == FORM_NAME) {
        fill_names(c, best, found, chosen);
        return true;
    }
    fill_set(c, best, value_of(c, best, chosen->span), FILL_GUESS, chosen->span.start,
             chosen->span.end, rule_of(chosen->form));
    return true;
}

void rule_strings(struct fill_context *c)
{
    struct candidates found = { .count = 0 };
    bool any = false;

    for (size_t i = 0; i < c->count; i++) {
        if (!open_string(&c->parameters[i]))
            continue;
        any = true;
        candidates_for(c, &c->parameters[i], &found);
    }
    if (!any)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (c->parameters[i].array && open_string(&c->parameters[i]))
            fill_example_array(c, &c->parameters[i], &found);
    candidates_of(&c->phrase, &found);
    while (take_best(c, &found))
        continue;
}
