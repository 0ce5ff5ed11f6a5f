/* share.c - arithmetic that keeps every unit: what is split adds up again. */
#include "core/base/check.h"
#include "core/model/money.h"

bool money_add(int64_t a, int64_t b, int64_t *sum)
{
    int64_t result;

    if (__builtin_add_overflow(a, b, &result))
        return false;
    *sum = result;
    return true;
}

bool money_multiply(int64_t a, int64_t count, int64_t *product)
{
    int64_t result;

    if (__builtin_mul_overflow(a, count, &result))
        return false;
    *product = result;
    return true;
}

static bool fits(__int128 value, int64_t *into)
{
    if (value > INT64_MAX || value < INT64_MIN)
        return false;
    *into = (int64_t)value;
    return true;
}

bool money_share(int64_t full, int64_t part, int64_t whole, int64_t *share)
{
    CHECK(whole > 0);
    __int128 product = (__int128)full * part, size = product < 0 ? -product : product;
    __int128 quotient = size / whole, twice = size % whole * 2;

    if (twice > whole || (twice == whole && quotient % 2 == 1))
        quotient++;
    return fits(product < 0 ? -quotient : quotient, share);
}

bool money_rest(int64_t value, int64_t first, int64_t end, int64_t today, int64_t *rest)
{
    int64_t left = end - (today > first ? today : first);

    *rest = 0;
    return left <= 0 || money_share(value, left, end - first, rest);
}

bool money_tax(int64_t price, int64_t basis_points, bool inclusive, struct money_taxed *taxed)
{
    struct money_taxed t;

    if (basis_points < 0 || basis_points > 10000)
        return false;
    if (inclusive) {
        t.total = price;
        if (!money_share(price, 10000, 10000 + basis_points, &t.net))
            return false;
        t.tax = t.total - t.net;
    } else {
        t.net = price;
        if (!money_share(price, basis_points, 10000, &t.tax) || !money_add(t.net, t.tax, &t.total))
            return false;
    }
    *taxed = t;
    return true;
}
