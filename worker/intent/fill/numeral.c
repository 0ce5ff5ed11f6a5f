#include "worker/intent/fill/numeral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/intent/recogniser/fold.h"

enum { DIGITS_MAX = 40 };

struct named {
    const char *word;
    double value;
};

static const struct named ones[] = {
    { "zero", 0 },     { "one", 1 },        { "two", 2 },       { "three", 3 },
    { "four", 4 },     { "five", 5 },       { "six", 6 },       { "seven", 7 },
    { "eight", 8 },    { "nine", 9 },       { "ten", 10 },      { "eleven", 11 },
    { "twelve", 12 },  { "thirteen", 13 },  { "fourteen", 14 }, { "fifteen", 15 },
    { "sixteen", 16 }, { "seventeen", 17 }, { "eighteen", 18 }, { "nineteen", 19 },
    { "dozen", 12 },   { NULL, 0 },
};
static const struct named tens[] = {
    { "twenty", 20 },  { "thirty", 30 }, { "forty", 40 },  { "fifty", 50 }, { "sixty", 60 },
    { "seventy", 70 }, { "eighty", 80 }, { "ninety", 90 }, { NULL, 0 },
};
static const struct named ordinals[] = {
    { "first", 1 }, { "second", 2 }, { "third", 3 },   { "fourth", 4 },
    { "fifth", 5 }, { "sixth", 6 },  { "seventh", 7 }, { "eighth", 8 },
    { "ninth", 9 }, { "tenth", 10 }, { NULL, 0 },
};
static const struct named scales[] = {
    { "hundred", 1e2 }, { "thousand", 1e3 },  { "million", 1e6 },
    { "billion", 1e9 }, { "trillion", 1e12 }, { NULL, 0 },
};

static size_t match_named(const struct phrase *p, size_t at, const struct named *list,
                          double *value)
{
    for (; list->word; list++) {
        size_t n = phrase_match(p, at, list->word);
        if (n) {
            *value = list->value;
            return n;
        }
    }
    return 0;
}

/* "twenty-five", "seven", "three hundred (and) twenty"; returns where it ends, or `at`. */
static size_t read_english(const struct phrase *p, size_t at, double *value)
{
    double total = 0, group = 0, part;
    size_t i = at, end = at, n;
    bool any = false;

    for (;;) {
        if ((n = match_named(p, i, tens, &part)) || (n = match_named(p, i, ones, &part)))
            group += part;
        else if (any && (n = match_named(p, i, scales, &part))) {
            if (part > 100) {
                total += group * part;
                group = 0;
            } else {
                group *= part;
            }
        } else if (any && group >= 100 && (n = phrase_match(p, i, "and"))) {
            i = phrase_skip_space(p, i + n);
            continue;
        } else {
            break;
        }
        any = true;
        end = i + n;
        bool hyphen = end < p->length && p->fold[end] == '-';
        i = hyphen ? end + 1 : phrase_skip_space(p, end);
    }
    *value = total + group;
    return end;
}

static int chinese_digit(uint32_t c)
{
    static const uint32_t digits[] = { 0x96f6, 0x4e00, 0x4e8c, 0x4e09, 0x56db,
                                       0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d };
    for (int i = 0; i < 10; i++)
        if (digits[i] == c)
            return i;
    if (c == 0x3007) /* 〇 */
        return 0;
    return c == 0x4e24 ? 2 : -1; /* 两 */
}

static double chinese_unit(uint32_t c)
{
    switch (c) {
    case 0x5341: /* 十 */
        return 10;
    case 0x767e: /* 百 */
        return 100;
    case 0x5343: /* 千 */
        return 1000;
    case 0x4e07: /* 万 */
        return 1e4;
    case 0x4ebf: /* 亿 */
        return 1e8;
    default:
        return 0;
    }
}

/* "二〇二六" digit by digit, or with units: 亿 and 万 close a group. */
static size_t read_chinese(const struct phrase *p, size_t at, double *value)
{
    double total = 0, group = 0, digit = -1, last_unit = 1;
    size_t i = at;
    bool units = false, positional = true;

    for (; i < p->length; i++) {
        int d = chinese_digit(p->fold[i]);
        double unit = chinese_unit(p->fold[i]);
        if (d >= 0) {
            digit = digit >= 0 && positional && !units ? digit * 10 + d : d;
        } else if (unit >= 1e4 && (i > at)) {
            double closed = group + (digit > 0 ? digit : 0);
            total = unit > 1e4 ? (total + closed) * unit : total + closed * unit;
            group = 0;
            digit = -1;
            units = true;
            last_unit = unit;
        } else if (unit > 0 && (unit == 10 || digit >= 0)) {
            group += (digit < 0 ? 1 : digit) * unit;
            digit = -1;
            units = true;
            last_unit = unit;
        } else {
            break;
        }
    }
    if (digit >= 0) {
        bool after_zero = i > at + 1 && chinese_digit(p->fold[i - 2]) == 0;
        /* "三千五" is 3500, "三千零五" 3005 */
        bool shortened = units && last_unit >= 100 && !after_zero;
        group += shortened ? digit * last_unit / 10 : digit;
    }
    *value = total + group;
    return i;
}

/* Digits with separators: "1,200.50", "1200", ".5". Returns where they end, or `at`. */
static size_t read_digits(const struct phrase *p, size_t at, double *value, bool *whole)
{
    char digits[DIGITS_MAX + 1];
    size_t n = 0, i = at;
    bool point = false;

    for (; i < p->length && n < DIGITS_MAX; i++) {
        uint32_t c = p->fold[i];
        bool next_digit = i + 1 < p->length && fold_is_digit(p->fold[i + 1]);
        bool thousands = c == ',' && !point && i > at && i + 3 < p->length && next_digit &&
                         fold_is_digit(p->fold[i + 2]) && fold_is_digit(p->fold[i + 3]) &&
                         !(i + 4 < p->length && fold_is_digit(p->fold[i + 4]));
        if (fold_is_digit(c))
            digits[n++] = (char)c;
        else if (c == '.' && !point && next_digit) {
            digits[n++] = '.';
            point = true;
        } else if (!thousands)
            break;
    }
    digits[n] = 0;
    if (n == 0 || i == at)
        return at;
    /* "1e-3" */
    size_t e = i;
    if (e + 1 < p->length && p->fold[e] == 'e') {
        size_t sign = p->fold[e + 1] == '-' || p->fold[e + 1] == '+';
        size_t d = e + 1 + sign;
        if (d < p->length && fold_is_digit(p->fold[d]) && n < DIGITS_MAX - 6) {
            digits[n++] = 'e';
            if (sign)
                digits[n++] = (char)p->fold[e + 1];
            while (d < p->length && fold_is_digit(p->fold[d]) && n < DIGITS_MAX)
                digits[n++] = (char)p->fold[d++];
            digits[n] = 0;
            i = d;
            point = true;
        }
    }
    *value = strtod(digits, NULL);
    *whole = !point;
    return i;
}

/* "k", "m", "million", "万", "千万" behind digits. */
static size_t read_multiplier(const struct phrase *p, size_t at, double *factor)
{
    size_t spaced = phrase_skip_space(p, at), n = match_named(p, spaced, scales, factor);

    if (n)
        return spaced + n;
    static const struct named short_scales[] = {
        { "k", 1e3 }, { "bn", 1e9 }, { "mio", 1e6 }, { NULL, 0 }
    };
    n = match_named(p, at, short_scales, factor);
    if (n)
        return at + n;
    *factor = 1;
    size_t i = at;
    while (i < p->length && chinese_unit(p->fold[i]) > 10)
        *factor *= chinese_unit(p->fold[i++]);
    return i;
}

static bool is_sign(const struct phrase *p, size_t at)
{
    if (at >= p->length || (p->fold[at] != '-' && p->fold[at] != 0x2212))
        return false;
    uint32_t before = at ? p->fold[at - 1] : ' ';
    return fold_is_space(before) || strchr("([{,=:$", (int)(before < 128 ? before : 'x'));
}

static size_t ordinal_suffix(const struct phrase *p, size_t at)
{
    static const char *const suffixes[] = { "st", "nd", "rd", "th" };
    for (int i = 0; i < 4; i++) {
        size_t n = phrase_match(p, at, suffixes[i]);
        if (n)
            return n;
    }
    return 0;
}

static bool read_digit_form(const struct phrase *p, size_t at, struct numeral *numeral)
{
    bool negative = is_sign(p, at);
    size_t start = at + negative, after;
    double factor = 1;

    numeral->end = read_digits(p, start, &numeral->value, &numeral->whole);
    if (numeral->end == start)
        return false;
    numeral->form = NUMERAL_DIGITS;
    size_t suffix = ordinal_suffix(p, numeral->end);
    if (suffix) {
        numeral->ordinal = true;
        numeral->end += suffix;
    } else if ((after = read_multiplier(p, numeral->end, &factor)) > numeral->end) {
        numeral->value *= factor;
        numeral->kilo = after == numeral->end + 1 && p->raw[numeral->end] == 'K';
        numeral->end = after;
        /* "3万5" is 35000, "3万5千" too */
        double rest;
        bool whole;
        size_t end = factor >= 1e4 ? read_digits(p, after, &rest, &whole) : after;
        if (end > after) {
            double unit = 1;
            size_t n = end < p->length ? (size_t)(chinese_unit(p->fold[end]) > 1) : 0;
            if (n)
                unit = chinese_unit(p->fold[end]);
            else if (end == after + 1)
                unit = factor / 10;
            numeral->value += rest * unit;
            numeral->end = end + n;
        }
    }
    if (negative)
        numeral->value = -numeral->value;
    numeral->whole = numeral->value == floor(numeral->value) && (numeral->whole || factor != 1);
    return true;
}

bool numeral_read(const struct phrase *p, size_t at, struct numeral *numeral)
{
    size_t end;

    memset(numeral, 0, sizeof *numeral);
    numeral->start = at;
    if (at >= p->length)
        return false;
    if (fold_is_digit(p->fold[at]) || is_sign(p, at) || p->fold[at] == '.')
        return read_digit_form(p, at, numeral);
    numeral->whole = true;
    if (p->fold[at] == 0x7b2c) { /* 第 */
        double value;
        bool whole;
        end = read_digits(p, at + 1, &value, &whole);
        if (end == at + 1)
            end = read_chinese(p, at + 1, &value);
        if (end == at + 1)
            return false;
        *numeral = (struct numeral){ .value = value,
                                     .start = at,
                                     .end = end,
                                     .whole = true,
                                     .ordinal = true,
                                     .form = NUMERAL_CHINESE };
        return true;
    }
    end = read_english(p, at, &numeral->value);
    if (end > at) {
        numeral->form = NUMERAL_ENGLISH;
        numeral->single = numeral->value == 1;
        numeral->end = end;
        return true;
    }
    size_t n = match_named(p, at, ordinals, &numeral->value);
    if (n) {
        numeral->form = NUMERAL_ENGLISH;
        numeral->ordinal = true;
        numeral->end = at + n;
        return true;
    }
    if (chinese_digit(p->fold[at]) >= 0 || p->fold[at] == 0x5341) {
        numeral->end = read_chinese(p, at, &numeral->value);
        numeral->form = NUMERAL_CHINESE;
        numeral->single = numeral->end == at + 1;
        return numeral->end > at;
    }
    return false;
}
