/* literals.c - what is recognised by its form alone: addresses, links, UUIDs, quotes, [lists]. */
#include <string.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

static bool word_like(uint32_t c)
{
    return fold_is_letter(c) || fold_is_digit(c);
}

static bool ascii_word(uint32_t c)
{
    return c < 128 && word_like(c);
}

/* RFC 5321 in its everyday form. */
static size_t email_end(const struct phrase *p, size_t at)
{
    size_t i = at, host, last_dot = 0;

    if (at > 0 && ascii_word(p->fold[at - 1]))
        return at;
    while (i < p->length && (ascii_word(p->fold[i]) || (p->fold[i] < 128 && p->fold[i] > ' ' &&
                                                        strchr("._%+-", (int)p->fold[i]))))
        i++;
    if (i == at || i >= p->length || p->fold[i] != '@')
        return at;
    host = ++i;
    for (; i < p->length && (ascii_word(p->fold[i]) || p->fold[i] == '-' || p->fold[i] == '.'); i++)
        if (p->fold[i] == '.' && i + 1 < p->length && ascii_word(p->fold[i + 1]))
            last_dot = i;
    while (i > host && (p->fold[i - 1] == '.' || p->fold[i - 1] == '-'))
        i--;
    return last_dot > host && last_dot < i ? i : at;
}

static size_t uri_end(const struct phrase *p, size_t at)
{
    static const char *const schemes[] = { "https://", "http://", "ftp://", "sftp://" };
    size_t i = at;

    for (size_t s = 0; s < sizeof schemes / sizeof *schemes && i == at; s++) {
        const char *c = schemes[s];
        size_t k = at;
        while (*c && k < p->length && p->fold[k] == (unsigned char)*c) {
            c++;
            k++;
        }
        if (!*c)
            i = k;
    }
    if (i == at)
        return at;
    size_t host = i;
    while (i < p->length && p->raw[i] > ' ' && p->raw[i] < 0x2000 &&
           !strchr("<>\"'`", (int)(p->raw[i] < 128 ? p->raw[i] : 'x')))
        i++;
    while (i > host && strchr(".,;:!?)", (int)(p->raw[i - 1] < 128 ? p->raw[i - 1] : 'x')))
        i--;
    return i > host ? i : at;
}

static size_t uuid_end(const struct phrase *p, size_t at)
{
    static const int groups[] = { 8, 4, 4, 4, 12 };
    size_t i = at;

    if (at > 0 && word_like(p->fold[at - 1]))
        return at;
    for (int g = 0; g < 5; g++) {
        if (g > 0 && (i >= p->length || p->fold[i++] != '-'))
            return at;
        for (int n = 0; n < groups[g]; n++, i++) {
            uint32_t c = i < p->length ? p->fold[i] : 0;
            if (!fold_is_digit(c) && !(c >= 'a' && c <= 'f'))
                return at;
        }
    }
    return i < p->length && word_like(p->fold[i]) ? at : i;
}

struct literal {
    struct span inside; /* the value */
    struct span whole;  /* with its quotes */
};

/* Literals of one form to the parameters of one kind, nearest words first. */
static void give(struct fill_context *c, enum parameter_kind kind, const struct literal *literals,
                 size_t n, const char *rule, enum fill_source source, float least)
{
    struct parameter *open[FILL_PARAMETERS_MAX];
    float scores[CANDIDATES_MAX * FILL_PARAMETERS_MAX];
    int chosen[CANDIDATES_MAX];
    size_t m = 0;

    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != kind || !fill_open(p))
            continue;
        if (!p->array) {
            open[m++] = p;
            continue;
        }
        json_t *all = json_array();
        for (size_t k = 0; k < n; k++)
            if (phrase_free(&c->phrase, literals[k].whole.start, literals[k].whole.end))
                json_array_append_new(
                    all, fill_text_json(c, literals[k].inside.start, literals[k].inside.end));
        if (json_array_size(all) > 0) {
            /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): there is a first one */
            fill_set(c, p, all, source, literals[0].whole.start, literals[0].whole.end, rule);
            for (size_t k = 0; k < n; k++)
                phrase_take(&c->phrase, literals[k].whole.start, literals[k].whole.end);
        } else {
            json_decref(all);
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++)
            scores[i * m + k] =
                phrase_free(&c->phrase, literals[i].whole.start, literals[i].whole.end)
                    ? least + keyword_nearness(c, open[k], literals[i].whole) +
                          (open[k]->required ? 0.2f : 0)
                    : 0;
    assign_best(scores, n, m, chosen);
    for (size_t i = 0; i < n; i++)
        if (chosen[i] >= 0)
            fill_set(c, open[chosen[i]],
                     fill_text_json(c, literals[i].inside.start, literals[i].inside.end), source,
                     literals[i].whole.start, literals[i].whole.end, rule);
}

static size_t find_forms(struct fill_context *c, size_t (*form)(const struct phrase *, size_t),
                         struct literal *literals)
{
    size_t n = 0;

    for (size_t i = 0; i < c->phrase.length && n < CANDIDATES_MAX; i++) {
        size_t end = form(&c->phrase, i);
        if (end == i || !phrase_free(&c->phrase, i, end))
            continue;
        literals[n++] = (struct literal){ { i, end }, { i, end } };
        i = end;
    }
    return n;
}

/* What stands in quotes and is a value of a list is the enum's. */
static bool enum_value(const struct fill_context *c, struct span span)
{
    for (size_t i = 0; i < c->count; i++) {
        size_t end;
        const char *rule;
        const struct parameter *p = &c->parameters[i];
        if (p->kind == PARAMETER_ENUM && fill_open(p) &&
            enum_match(c, p, span.start, &end, &rule) && end == span.end)
            return true;
    }
    return false;
}

static size_t find_quotes(struct fill_context *c, struct literal *literals)
{
    size_t n = 0;

    for (size_t i = 0; i < c->phrase.length && n < CANDIDATES_MAX; i++) {
        struct literal l;
        if (!value_quoted(&c->phrase, i, &l.inside, &l.whole.end) ||
            !phrase_free(&c->phrase, i, l.whole.end))
            continue;
        l.whole.start = i;
        /* somebody quoted his whole request */
        if (i == 0 && phrase_skip_space(&c->phrase, l.whole.end) == c->phrase.length)
            continue;
        i = l.whole.end - 1;
        if (!enum_value(c, l.inside))
            literals[n++] = l;
    }
    return n;
}

/* "[1, 2, 3]" is one array, whichever parameter's words are nearest. */
static void fill_brackets(struct fill_context *c)
{
    for (size_t i = 0; i < c->phrase.length; i++) {
        struct parameter *best = NULL;
        float nearest = -1;
        size_t end = i;
        if (c->phrase.fold[i] != '[' || !phrase_free(&c->phrase, i, i + 1))
            continue;
        for (size_t k = 0; k < c->count; k++) {
            struct parameter *p = &c->parameters[k];
            size_t own_end;
            if (!p->array || !fill_open(p))
                continue;
            json_t *value = value_read(c, p, i, false, &own_end);
            if (!value)
                continue;
            json_decref(value);
            float near =
                keyword_nearness(c, p, (struct span){ i, own_end }) + (p->required ? 0.1f : 0);
            if (near > nearest) {
                nearest = near;
                best = p;
            }
        }
        if (best) {
            json_t *value = value_read(c, best, i, false, &end);
            fill_set(c, best, value, FILL_TYPED, i, end, "literal.list");
            i = end - 1;
        }
    }
}

void rule_literals(struct fill_context *c)
{
    struct literal literals[CANDIDATES_MAX];
    size_t n;

    n = find_forms(c, email_end, literals);
    give(c, PARAMETER_EMAIL, literals, n, "literal.email", FILL_TYPED, 1);
    n = find_forms(c, uri_end, literals);
    give(c, PARAMETER_URI, literals, n, "literal.uri", FILL_TYPED, 1);
    n = find_forms(c, uuid_end, literals);
    give(c, PARAMETER_UUID, literals, n, "literal.uuid", FILL_TYPED, 1);
    fill_brackets(c);
    n = find_quotes(c, literals);
    give(c, PARAMETER_STRING, literals, n, "literal.quoted", FILL_EXPLICIT, 0.3f);
}
