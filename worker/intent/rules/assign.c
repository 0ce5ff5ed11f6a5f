/* assign.c - which candidate of the text belongs to which parameter, all at once.
 *
 * Exact over subsets of parameters while there are few, else the best pair first. Deciding one by
 * one takes the first number for the first parameter and is wrong for all that follow.
 */
#include <string.h>

#include "worker/intent/rules/rules.h"

enum { EXACT_PARAMETERS = 9 };

static void assign_exact(const float *scores, size_t n, size_t m, int *chosen)
{
    enum { SETS = 1 << EXACT_PARAMETERS };
    static const float never = -1e9f;
    float best[CANDIDATES_MAX + 1][SETS];
    signed char pick[CANDIDATES_MAX][SETS];
    size_t sets = (size_t)1 << m;

    for (size_t s = 0; s < sets; s++)
        best[0][s] = s == 0 ? 0 : never;
    for (size_t i = 0; i < n; i++) {
        for (size_t s = 0; s < sets; s++) {
            best[i + 1][s] = best[i][s];
            pick[i][s] = -1;
            for (size_t p = 0; p < m; p++) {
                float score = scores[i * m + p];
                if (!(s >> p & 1) || score <= 0 || best[i][s & ~((size_t)1 << p)] <= never)
                    continue;
                float sum = best[i][s & ~((size_t)1 << p)] + score;
                if (sum > best[i + 1][s]) {
                    best[i + 1][s] = sum;
                    pick[i][s] = (signed char)p;
                }
            }
        }
    }
    size_t at = 0;
    for (size_t s = 0; s < sets; s++)
        if (best[n][s] > best[n][at])
            at = s;
    for (size_t i = n; i-- > 0;) {
        chosen[i] = pick[i][at]; /* NOLINT: written above for every set, and -1 is none */
        if (chosen[i] >= 0)
            at &= ~((size_t)1 << chosen[i]);
    }
}

static void assign_greedy(const float *scores, size_t n, size_t m, int *chosen)
{
    bool used[FILL_PARAMETERS_MAX] = { false };

    for (;;) {
        size_t best = n * m;
        for (size_t i = 0; i < n * m; i++)
            if (chosen[i / m] < 0 && !used[i % m] && scores[i] > 0 &&
                (best == n * m || scores[i] > scores[best]))
                best = i;
        if (best == n * m)
            return;
        chosen[best / m] = (int)(best % m);
        used[best % m] = true;
    }
}

void assign_best(const float *scores, size_t candidates, size_t parameters, int *chosen)
{
    for (size_t i = 0; i < candidates; i++)
        chosen[i] = -1;
    if (parameters == 0 || candidates == 0)
        return;
    if (parameters <= EXACT_PARAMETERS && candidates <= CANDIDATES_MAX)
        assign_exact(scores, candidates, parameters, chosen);
    else
        assign_greedy(scores, candidates, parameters, chosen);
}

/* Commas, "and", "with" and other candidates in between weaken; behind weakens more than before. */
static float token_cost(const struct phrase *p, const struct token *t)
{
    if (t->kind == TOKEN_CJK)
        return 0.3f;
    if (t->kind == TOKEN_NUMBER)
        return 1.5f;
    if (t->kind == TOKEN_MARK)
        return p->fold[t->start] == '=' || p->fold[t->start] == ':' || p->fold[t->start] == '-'
                   ? 0.2f
                   : 2.0f;
    if (phrase_match(p, t->start, "and"))
        return 1.5f;
    if (phrase_match(p, t->start, "of") || phrase_match(p, t->start, "is") ||
        phrase_match(p, t->start, "a") || phrase_match(p, t->start, "the") ||
        phrase_match(p, t->start, "as") || phrase_match(p, t->start, "at"))
        return 0.2f;
    return 0.7f;
}

static float walk(const struct fill_context *c, const struct parameter *p, size_t from, int step,
                  float start)
{
    const struct phrase *phrase = &c->phrase;
    float cost = start, sum = 0;

    for (size_t i = from; i < phrase->token_count; i += (size_t)step) {
        float weight = parameter_keyword(p, phrase->tokens[i].stem);
        if (weight > 0)
            sum += weight / (1 + cost * cost * 0.4f + cost * 0.3f);
        cost += token_cost(phrase, &phrase->tokens[i]);
        if (cost > 9 || (step < 0 && i == 0))
            break;
    }
    return sum;
}

float keyword_nearness(const struct fill_context *c, const struct parameter *p, struct span span)
{
    size_t first = phrase_token_at(&c->phrase, span.start);
    size_t after = phrase_token_at(&c->phrase, span.end);
    float before = first > 0 ? walk(c, p, first - 1, -1, 0) : 0;
    float behind = walk(c, p, after, 1, 0.1f);
    float most = before > behind ? before : behind;

    return most + 0.25f * (before + behind - most);
}
