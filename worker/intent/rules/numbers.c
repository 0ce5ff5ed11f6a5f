/* numbers.c - amounts, percentages and plain numbers, given out all at once by best total score.
 *
 * A number's score for a parameter is how near its words are, whether its unit is the parameter's,
 * whether it is within bounds, and a little for coming in the schema's order.
 */
#include <math.h>
#include <string.h>

#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

struct amount {
    struct numeral number;
    struct span span;     /* with sign of currency or percent */
    const char *currency; /* ISO 4217; NULL: no money */
    bool percent;
    uint64_t unit;   /* stem of the word behind, 0 if none */
    int64_t unit_ms; /* of a time unit, 0 if it is none */
};

struct currency {
    const char *sign;
    const char *code;
};

static const struct currency signs_before[] = {
    { "us$", "USD" }, { "$", "USD" },   { "€", "EUR" },   { "£", "GBP" },      { "¥", "CNY" },
    { "￥", "CNY" },  { "usd", "USD" }, { "eur", "EUR" }, { "gbp", "GBP" },    { "cny", "CNY" },
    { "rmb", "CNY" }, { "jpy", "JPY" }, { "hk$", "HKD" }, { "人民币", "CNY" },
};
static const struct currency signs_behind[] = {
    { "usd", "USD" },  { "dollars", "USD" }, { "dollar", "USD" }, { "us dollars", "USD" },
    { "eur", "EUR" },  { "euros", "EUR" },   { "euro", "EUR" },   { "€", "EUR" },
    { "gbp", "GBP" },  { "pounds", "GBP" },  { "cny", "CNY" },    { "rmb", "CNY" },
    { "yuan", "CNY" }, { "人民币", "CNY" },  { "块钱", "CNY" },   { "元", "CNY" },
    { "块", "CNY" },   { "yen", "JPY" },     { "jpy", "JPY" },    { "日元", "JPY" },
    { "美元", "USD" }, { "美金", "USD" },    { "欧元", "EUR" },   { "英镑", "GBP" },
    { "港币", "HKD" }, { "港元", "HKD" },    { "$", "USD" },
};

static const struct {
    const char *word;
    int64_t ms;
} time_units[] = {
    { "millisecond", 1 }, { "second", 1000 },    { "minute", 60000 }, { "hour", 3600000 },
    { "day", 86400000 },  { "week", 604800000 }, { "毫秒", 1 },       { "秒", 1000 },
    { "分钟", 60000 },    { "小时", 3600000 },   { "天", 86400000 },  { "周", 604800000 },
};

static void read_currency(const struct phrase *p, struct amount *a)
{
    for (size_t i = 0; i < sizeof signs_before / sizeof *signs_before; i++) {
        for (size_t back = 1; back <= 4 && back <= a->span.start; back++) {
            size_t n = phrase_match(p, a->span.start - back, signs_before[i].sign);
            if (n && phrase_skip_space(p, a->span.start - back + n) == a->span.start) {
                a->currency = signs_before[i].code;
                a->span.start -= back;
                return;
            }
        }
    }
    size_t next = phrase_skip_space(p, a->span.end);
    for (size_t i = 0; i < sizeof signs_behind / sizeof *signs_behind; i++) {
        size_t n = phrase_match(p, next, signs_behind[i].sign);
        if (n) {
            a->currency = signs_behind[i].code;
            a->span.end = next + n;
            return;
        }
    }
}

static void read_percent(const struct phrase *p, struct amount *a)
{
    static const char *const words[] = { "%", "percent", "per cent", "个百分点" };
    size_t next = phrase_skip_space(p, a->span.end);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = phrase_match(p, next, words[i]);
        if (n) {
            a->percent = true;
            a->span.end = next + n;
            return;
        }
    }
}

static void read_unit(const struct phrase *p, struct amount *a)
{
    size_t next = phrase_skip_space(p, a->span.end), t = phrase_token_at(p, next);

    /* "90-day" */
    if (next < p->length && p->fold[next] == '-')
        t = phrase_token_at(p, next + 1);
    if (t == p->token_count || p->tokens[t].start > next + 1)
        return;
    a->unit = p->tokens[t].stem;
    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++) {
        bool ascii = (unsigned char)time_units[i].word[0] < 0x80;
        if (ascii ? phrase_stem(time_units[i].word, strlen(time_units[i].word)) == a->unit
                  : phrase_match(p, next, time_units[i].word) > 0)
            a->unit_ms = time_units[i].ms;
    }
}

/* "百分之八" */
static bool read_percent_chinese(const struct phrase *p, size_t at, struct amount *a)
{
    size_t n = phrase_match(p, at, "百分之");

    if (!n || !numeral_read(p, at + n, &a->number))
        return false;
    a->percent = true;
    a->span = (struct span){ at, a->number.end };
    return true;
}

/* A numeral that is part of a word or a code ("B1004", "Q3", "v2") is no number. */
static bool stands_alone(const struct phrase *p, const struct numeral *n)
{
    uint32_t before = n->start ? p->fold[n->start - 1] : ' ';
    uint32_t behind = n->end < p->length ? p->fold[n->end] : ' ';

    if (n->form != NUMERAL_DIGITS)
        return true;
    if (fold_is_letter(before) || fold_is_digit(before) || before == '_' || before == '^')
        return false;
    /* "3x^2" */
    if (fold_is_letter(behind) && n->end + 1 < p->length && p->fold[n->end + 1] == '^')
        return false;
    /* "2/3", "10:30", "1.2.3" */
    bool digit_behind = n->end + 1 < p->length && fold_is_digit(p->fold[n->end + 1]);
    return !(digit_behind && (behind == '/' || behind == ':' || behind == '.'));
}

/* "一下", "一份": no one counts there. */
static bool is_figure_of_speech(const struct phrase *p, size_t at)
{
    static const char *const words[] = { "一下", "一份", "一些", "一点", "一样", "一起",
                                         "一共", "一直", "一定", "一般", "一边", "一并" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (phrase_match(p, at, words[i]))
            return true;
    return false;
}

/* "三名", "两箱": a measure word behind a single figure makes it a number. "三个月" is a time. */
static bool is_counted(const struct phrase *p, const struct numeral *n)
{
    static const char *const measures[] = { "个", "名", "件", "箱", "位", "台", "条", "次",
                                            "人", "张", "页", "行", "项", "家", "只", "本",
                                            "组", "瓶", "包", "辆", "盒", "套" };
    size_t behind = phrase_skip_space(p, n->end);

    if (n->form != NUMERAL_CHINESE || n->value < 2 || phrase_match(p, behind, "个月"))
        return false;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (phrase_match(p, behind, measures[i]))
            return true;
    return false;
}

static size_t read_amounts(const struct fill_context *c, struct amount *amounts)
{
    const struct phrase *p = &c->phrase;
    size_t count = 0;

    for (size_t i = 0; i < p->length && count < CANDIDATES_MAX; i++) {
        struct amount a = { 0 };
        if (!phrase_free(p, i, i + 1))
            continue;
        if (!read_percent_chinese(p, i, &a)) {
            if (!numeral_read(p, i, &a.number) || is_figure_of_speech(p, i))
                continue;
            if (!phrase_free(p, a.number.start, a.number.end) || !stands_alone(p, &a.number)) {
                i = a.number.end - 1;
                continue;
            }
            a.span = (struct span){ a.number.start, a.number.end };
            a.number.single = a.number.single && !is_counted(p, &a.number);
            read_percent(p, &a);
            if (!a.percent)
                read_currency(p, &a);
            read_unit(p, &a);
        }
        i = a.span.end - 1;
        amounts[count++] = a;
    }
    return count;
}

/* The one unit of time that the parameter speaks of; 0: none or several. */
static int64_t own_unit_ms(const struct parameter *p)
{
    int64_t own = 0;

    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++) {
        bool ascii = (unsigned char)time_units[i].word[0] < 0x80;
        uint64_t stem = phrase_stem(time_units[i].word, strlen(time_units[i].word));
        bool said = ascii ? parameter_keyword(p, stem) > 0
                          : parameter_mentions(p, time_units[i].word) &&
                                !(time_units[i].ms == 1000 && parameter_mentions(p, "毫秒"));
        if (!said || time_units[i].ms == own)
            continue;
        if (own)
            return 0;
        own = time_units[i].ms;
    }
    return own;
}

/* The number in the parameter's own unit: a fraction for a percentage, seconds for minutes. */
static double in_unit(const struct parameter *p, const struct amount *a)
{
    double value = a->number.value;

    if (a->percent)
        return value_percent(p, value);
    if (a->number.kilo && (parameter_mentions(p, "kelvin") ||
                           parameter_mentions(p, "temperature") || parameter_mentions(p, "temp")))
        return value / 1000;
    if (a->currency && (parameter_mentions(p, "minor") || parameter_mentions(p, "cents") ||
                        parameter_mentions(p, "分为单位")))
        return value * 100;
    int64_t own = a->unit_ms ? own_unit_ms(p) : 0;
    if (own && own != a->unit_ms)
        return value * (double)a->unit_ms / (double)own;
    return value;
}

static bool year_like(const struct amount *a)
{
    return a->number.form == NUMERAL_DIGITS && a->number.whole && a->number.value >= 1900 &&
           a->number.value <= 2100 && a->number.end - a->number.start == 4 && !a->currency &&
           !a->percent;
}

static bool money_words(const struct parameter *p)
{
    static const char *const words[] = { "amount", "price",   "cost",       "budget",    "payment",
                                         "salary", "income",  "investment", "principal", "fee",
                                         "value",  "revenue", "loan",       "deposit",   "金额",
                                         "价格",   "费用",    "预算",       "价",        "款" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parameter_mentions(p, words[i]))
            return true;
    return false;
}

static bool rate_words(const struct parameter *p)
{
    return parameter_mentions(p, "rate") || parameter_mentions(p, "yield") ||
           parameter_mentions(p, "ratio") || parameter_mentions(p, "discount") ||
           parameter_mentions(p, "probability") || parameter_mentions(p, "率") ||
           parameter_mentions(p, "折扣") || parameter_mentions(p, "percentage") ||
           parameter_mentions(p, "percent") || parameter_mentions(p, "百分");
}

/* How near, without what the form says: also what makes a number more than a guess. */
static float nearness(const struct fill_context *c, const struct parameter *p,
                      const struct amount *a)
{
    float near = keyword_nearness(c, p, a->span);
    float unit = a->unit ? parameter_keyword(p, a->unit) : 0;
    bool in_time = a->unit_ms && own_unit_ms(p);
    return near + (in_time && unit < 0.7f ? 0.6f : 0.8f * unit);
}

static float score(const struct fill_context *c, const struct parameter *p, const struct amount *a,
                   size_t place, size_t rank)
{
    double value = in_unit(p, a);
    json_t *fits = p->kind == PARAMETER_MONEY ? NULL : value_number(p, value);

    if (p->kind == PARAMETER_MONEY ? !a->currency : !fits)
        return 0;
    json_decref(fits);
    float near = nearness(c, p, a), sum = 0.6f + near;
    if (a->number.single && near < 0.5f)
        return 0;
    if (a->number.form == NUMERAL_ENGLISH) /* "two numbers: 36 and 48" */
        sum -= 0.4f;
    bool year = parameter_mentions(p, "year") || parameter_mentions(p, "年份");
    if (year_like(a))
        sum += year ? 0.8f : -0.4f;
    if (a->number.ordinal)
        sum -= 0.3f;
    if (a->currency)
        sum += money_words(p) ? 0.5f : -0.3f;
    if (a->percent)
        sum += rate_words(p) ? 0.6f : -0.3f;
    else if (p->kind == PARAMETER_NUMBER && p->has_maximum && p->maximum <= 1 && value == 1)
        sum -= 0.2f;
    if (a->unit_ms && !own_unit_ms(p) && near < 0.75f)
        sum -= 0.5f;
    sum += p->required ? 0.25f : -0.25f;
    if (!p->required && near < 0.3f)
        return 0;
    size_t apart = place > rank ? place - rank : rank - place;
    sum -= 0.06f * (float)apart;
    return sum;
}

static json_t *money_object(const struct amount *a)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): only an amount with a currency is money */
    bool no_minor = strcmp(a->currency, "JPY") == 0;
    double minor = round(a->number.value * (no_minor ? 1 : 100));
    json_t *money = json_object();

    json_object_set_new(money, "amount_minor", json_integer((json_int_t)minor));
    json_object_set_new(money, "currency", json_string(a->currency));
    return money;
}

static void set_amount(struct fill_context *c, struct parameter *p, const struct amount *a,
                       bool only_one)
{
    const char *rule = a->currency ? "money" : a->percent ? "percent" : "number";
    bool sure = nearness(c, p, a) >= 0.75f || (only_one && (a->currency || a->percent));
    json_t *value = p->kind == PARAMETER_MONEY ? money_object(a) : value_number(p, in_unit(p, a));

    fill_set(c, p, value, sure ? FILL_TYPED : FILL_GUESS, a->span.start, a->span.end, rule);
}

static bool numeric(const struct parameter *p)
{
    return p->kind == PARAMETER_INTEGER || p->kind == PARAMETER_NUMBER ||
           (p->kind == PARAMETER_MONEY && !p->array);
}

/* Amounts joined by commas or "and" that may be one list: how many from `first` on. */
static size_t run_length(const struct phrase *p, const struct amount *amounts, size_t first,
                         size_t n)
{
    size_t run = 1;

    for (; first + run < n; run++) {
        size_t at = phrase_skip_space(p, amounts[first + run - 1].span.end);
        size_t next = amounts[first + run].span.start;
        bool joined = false;
        for (; at < next; at++) {
            uint32_t c = p->fold[at];
            size_t word = phrase_match(p, at, "and");
            if (!word)
                word = phrase_match(p, at, "to");
            if (word)
                at += word - 1;
            else if (!(c == ',' || p->raw[at] == 0x3001 || c == 0x548c || fold_is_space(c)))
                break;
            joined = true;
        }
        if (!joined || at < next)
            break;
    }
    return run;
}

/* Lists first: whoever says three numbers in a row for an array means the array. */
static void fill_arrays(struct fill_context *c, struct amount *amounts, size_t n)
{
    for (size_t k = 0; k < c->count; k++) {
        struct parameter *p = &c->parameters[k];
        if (!p->array || !fill_open(p) ||
            (p->kind != PARAMETER_INTEGER && p->kind != PARAMETER_NUMBER))
            continue;
        for (size_t i = 0; i < n; i++) {
            size_t run = run_length(&c->phrase, amounts, i, n);
            struct span span = { amounts[i].span.start, amounts[i + run - 1].span.end };
            if (!phrase_free(&c->phrase, span.start, span.end) ||
                (run < 2 && keyword_nearness(c, p, span) < 0.5f)) {
                i += run - 1;
                continue;
            }
            json_t *list = json_array();
            for (size_t j = i; j < i + run; j++) {
                json_t *value = value_number(p, in_unit(p, &amounts[j]));
                if (value)
                    json_array_append_new(list, value);
            }
            if (json_array_size(list) == run) {
                fill_set(c, p, list,
                         keyword_nearness(c, p, span) >= 0.75f ? FILL_TYPED : FILL_GUESS,
                         span.start, span.end, "list.numbers");
                break;
            }
            json_decref(list);
            i += run - 1;
        }
    }
}

/* A string that speaks of a currency takes the one said with an amount. */
static void fill_currency(struct fill_context *c, const struct amount *amounts, size_t n)
{
    for (size_t k = 0; k < c->count; k++) {
        struct parameter *p = &c->parameters[k];
        if (p->kind != PARAMETER_STRING || p->array || !fill_open(p) ||
            !(parameter_mentions(p, "currency") || parameter_mentions(p, "币种")) ||
            p->side != SIDE_NONE)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (!amounts[i].currency)
                continue;
            fill_set(c, p, json_string(amounts[i].currency), FILL_GUESS, amounts[i].span.start,
                     amounts[i].span.end, "money.currency");
            break;
        }
    }
}

void rule_numbers(struct fill_context *c)
{
    struct amount amounts[CANDIDATES_MAX];
    struct parameter *open[FILL_PARAMETERS_MAX];
    float scores[CANDIDATES_MAX * FILL_PARAMETERS_MAX];
    int chosen[CANDIDATES_MAX];
    size_t n = read_amounts(c, amounts), m = 0, kept = 0;

    fill_arrays(c, amounts, n);
    for (size_t i = 0; i < n; i++)
        if (phrase_free(&c->phrase, amounts[i].span.start, amounts[i].span.end))
            amounts[kept++] = amounts[i];
    for (size_t i = 0; i < c->count; i++)
        if (numeric(&c->parameters[i]) && !c->parameters[i].array && fill_open(&c->parameters[i]))
            open[m++] = &c->parameters[i];
    for (size_t i = 0; i < kept; i++)
        for (size_t k = 0; k < m; k++)
            scores[i * m + k] = score(c, open[k], &amounts[i], i, k);
    assign_best(scores, kept, m, chosen);
    fill_currency(c, amounts, kept);
    for (size_t i = 0; i < kept; i++)
        if (chosen[i] >= 0)
            set_amount(c, open[chosen[i]], &amounts[i], kept == 1 && m == 1);
}
