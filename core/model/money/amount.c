/* amount.c - text to minor units and back, digit by digit. */
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/model/money.h"

static bool refuse(struct gov_err *err, const char *text, const char *currency, int exponent)
{
    return gov_fail(err, GOV_INVALID_INPUT,
                    "\"%.40s\" is not an amount of %s: write digits, at most %d of them after the point, "
                    "nothing else",
                    "“%.40s”不是 %s 金额：只写数字，小数点后最多 %d 位", text, currency, exponent);
}

/* Append one digit to a value that counts downwards: the negative side holds one more. */
static bool push(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) && !__builtin_sub_overflow(*value, digit, value);
}

bool money_parse(const char *text, const char *currency, int64_t *minor, struct gov_err *err)
{
    int exponent = money_exponent(currency), whole = 0, fraction = 0;
    bool point = false, negative = text[0] == '-';
    int64_t value = 0;

    if (exponent < 0)
        return gov_fail(err, GOV_INVALID_INPUT, "\"%.10s\" is no currency known here; use a code of ISO 4217 such as CNY",
                        "“%.10s”不是本系统支持的币种；请使用 ISO 4217 代码，例如 CNY", currency ? currency : "");
    for (const char *c = text + negative; *c; c++) {
        if (*c == '.' && !point && whole > 0) {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9' || (point && ++fraction > exponent) || !push(&value, *c - '0'))
            return refuse(err, text, currency, exponent);
        whole += !point;
    }
    if (whole == 0 || (point && fraction == 0))
        return refuse(err, text, currency, exponent);
    for (; fraction < exponent; fraction++)
        if (!push(&value, 0))
            return refuse(err, text, currency, exponent);
    if (!negative && value == INT64_MIN)
        return refuse(err, text, currency, exponent);
    *minor = negative ? value : -value;
    return true;
}

char *money_format(int64_t minor, const char *currency, char text[MONEY_TEXT_BYTES])
{
    int exponent = money_exponent(currency);
    uint64_t unit = 1, size = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;

    CHECK(exponent >= 0);
    for (int i = 0; i < exponent; i++)
        unit *= 10;
    if (exponent == 0)
        snprintf(text, MONEY_TEXT_BYTES, "%s%llu", minor < 0 ? "-" : "", (unsigned long long)size);
    else
        snprintf(text, MONEY_TEXT_BYTES, "%s%llu.%0*llu", minor < 0 ? "-" : "",
                 (unsigned long long)(size / unit), exponent, (unsigned long long)(size % unit));
    return text;
}
