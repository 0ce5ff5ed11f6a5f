#include "core/store/report/report_sums.h"

#include <stdlib.h>
#include <string.h>

/* Kept sorted, so that a footer is the same whatever came first. -1: no room. */
static int find(struct report_sums *sums, const char *currency)
{
    int at = 0;

    while (at < sums->currencies && strcmp(sums->of[at].code, currency) < 0)
        at++;
    if (at < sums->currencies && strcmp(sums->of[at].code, currency) == 0)
        return at;
    if (sums->currencies == REPORT_CURRENCIES_MAX || strlen(currency) >= sizeof sums->of[0].code)
        return -1;
    memmove(&sums->of[at + 1], &sums->of[at], (size_t)(sums->currencies - at) * sizeof sums->of[0]);
    memset(&sums->of[at], 0, sizeof sums->of[at]);
    memcpy(sums->of[at].code, currency, strlen(currency));
    sums->currencies++;
    return at;
}

bool report_sums_add(struct report_sums *sums, size_t column, const struct report_column *of, const char *text,
                     const char *currency)
{
    int64_t value;

    if (!of->sum || !text)
        return true;
    value = strtoll(text, NULL, 10);
    if (of->kind == REPORT_WHOLE)
        return money_add(sums->whole[column], value, &sums->whole[column]);
    int at = currency ? find(sums, currency) : -1;

    return at >= 0 && money_add(sums->of[at].minor[column], value, &sums->of[at].minor[column]);
}

bool report_sums_whole(const struct report *report)
{
    for (const struct report_column *c = report->columns; c->name; c++)
        if (c->sum && c->kind == REPORT_WHOLE)
            return true;
    return false;
}
