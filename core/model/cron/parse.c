/* parse.c - a rule's text to sets of bits. One reader for all fields; L, W and # are asked for by flags. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/model/cron.h"

enum field_kind { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELD_COUNT };

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                           "jul", "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

struct field {
    struct gov_text name;
    int least, most;
    const char *const *names; /* the first stands for first_name */
    int first_name;
};

static const struct field fields[FIELD_COUNT] = {
    [MINUTE] = { { "minute", "分" }, 0, 59, NULL, 0 },
    [HOUR] = { { "hour", "时" }, 0, 23, NULL, 0 },
    [DAY] = { { "day", "日" }, 1, 31, NULL, 0 },
    [MONTH] = { { "month", "月" }, 1, 12, month_names, 1 },
    [WEEKDAY] = { { "weekday", "星期" }, 0, 7, weekday_names, 0 },
};

struct reader {
    const char *text; /* the whole rule */
    const char *at;
    enum field_kind kind;
    const char *path;
    struct cron *cron;
    struct gov_err *err;
};

/* "field 2 (hour), character 3: ..." */
static bool bad(struct reader *r, const char *en, const char *zh)
{
    const struct field *f = &fields[r->kind];
    int field = (int)r->kind + 1, character = (int)(r->at - r->text) + 1;

    gov_fail_at(r->err, GOV_INVALID_INPUT, r->path, "cron", "%s", "%s", en);
    snprintf(r->err->en, sizeof r->err->en, "field %d (%s), character %d: %s", field, f->name.en,
             character, en);
    snprintf(r->err->zh, sizeof r->err->zh, "第 %d 个字段（%s），第 %d 个字符：%s", field, f->name.zh,
             character, zh);
    return false;
}

static bool out_of_range(struct reader *r)
{
    const struct field *f = &fields[r->kind];
    char en[80], zh[80];

    snprintf(en, sizeof en, "must be a number from %d to %d%s", f->least, f->most,
             f->names ? " or a name" : "");
    snprintf(zh, sizeof zh, "须为 %d 到 %d 的数字%s", f->least, f->most, f->names ? "或名称" : "");
    return bad(r, en, zh);
}

static bool ends_item(char c)
{
    return c == '\0' || c == ',' || c == ' ' || c == '\t';
}

static bool read_number(struct reader *r, int least, int most, int *value)
{
    const char *p = r->at;
    int n = 0;

    if (!isdigit((unsigned char)*p))
        return out_of_range(r);
    for (; isdigit((unsigned char)*p) && n < 1000; p++)
        n = n * 10 + (*p - '0');
    if (n < least || n > most)
        return out_of_range(r);
    r->at = p;
    *value = n;
    return true;
}

/* A number or a name of the field. */
static bool read_value(struct reader *r, int *value)
{
    const struct field *f = &fields[r->kind];

    for (int i = 0; f->names && f->names[i]; i++)
        if (strncasecmp(r->at, f->names[i], 3) == 0 && (!isalpha((unsigned char)r->at[3]) ||
                                                         (r->at[3] == 'L' && !isalpha((unsigned char)r->at[4])))) {
            r->at += 3;
            *value = f->first_name + i;
            return true;
        }
    return read_number(r, f->least, f->most, value);
}

static void set(struct reader *r, int value)
{
    struct cron *c = r->cron;

    switch (r->kind) {
    case MINUTE:
        c->minutes |= UINT64_C(1) << value;
        break;
    case HOUR:
        c->hours |= UINT32_C(1) << value;
        break;
    case DAY:
        c->days |= UINT32_C(1) << value;
        break;
    case MONTH:
        c->months |= (uint16_t)(1 << value);
        break;
    case WEEKDAY:
        c->weekdays |= (uint8_t)(1 << value % 7);
        break;
    case FIELD_COUNT:
        break;
    }
}

/* L, L-n, LW, nW: days that depend on the month. *read says whether it was one of them. */
static bool read_day(struct reader *r, bool *read)
{
    const char *start = r->at;
    int value;

    *read = true;
    if (*r->at == 'L' && r->at[1] == 'W') {
        r->at += 2;
        r->cron->last_workday = true;
        return true;
    }
    if (*r->at == 'L') {
        r->at++;
        value = 0;
        if (*r->at == '-') {
            r->at++;
            if (!read_number(r, 1, 30, &value))
                return false;
        }
        r->cron->days_before_last |= UINT32_C(1) << value;
        return true;
    }
    while (isdigit((unsigned char)*r->at))
        r->at++;
    if (*r->at != 'W' || r->at == start) {
        r->at = start;
        *read = false;
        return true;
    }
    r->at = start;
    if (!read_number(r, 1, 31, &value))
        return false;
    r->at++;
    r->cron->workdays |= UINT32_C(1) << value;
    return true;
}

/* mon#2, friL behind a weekday that has been read. *read: it was one of them. */
static bool read_nth(struct reader *r, int weekday, bool *read)
{
    int n = 6;

    *read = *r->at == '#' || *r->at == 'L';
    if (!*read)
        return true;
    if (*r->at++ == '#' && !read_number(r, 1, 5, &n))
        return bad(r, "the number behind # must be from 1 to 5", "# 后须为 1 到 5");
    r->cron->nth[weekday % 7] |= (uint8_t)(1 << n);
    return true;
}

static bool read_item(struct reader *r)
{
    const struct field *f = &fields[r->kind];
    int first = f->least, last = r->kind == WEEKDAY ? 6 : f->most, step = 1;
    bool done = false, whole = *r->at == '*', range = whole;
    const char *start = r->at;

    if (r->kind == DAY && !read_day(r, &done))
        return false;
    if (done)
        return true;
    if (whole) {
        r->at++;
    } else {
        if (!read_value(r, &first) || (r->kind == WEEKDAY && !read_nth(r, first, &done)))
            return false;
        if (done)
            return true;
        last = first;
        range = *r->at == '-';
        if (range) {
            r->at++;
            if (!read_value(r, &last))
                return false;
        }
        if (last < first) {
            r->at = start;
            return bad(r, "a range must rise; write two of them", "范围须由小到大；请拆成两段");
        }
    }
    if (*r->at == '/') {
        if (!range)
            return bad(r, "a step needs a range before it, like 5-59/15 or */15",
                       "步长前须有范围，例如 5-59/15 或 */15");
        r->at++;
        if (!isdigit((unsigned char)*r->at) || !read_number(r, 1, 999, &step))
            return bad(r, "the step must be a number above 0", "步长须为正整数");
    }
    for (int v = first; v <= last; v += step)
        set(r, v);
    return true;
}

static bool read_field(struct reader *r)
{
    const char *start = r->at;

    if (ends_item(*start) && *start != ',')
        return bad(r, "is missing; a rule has five fields: minute hour day month weekday",
                   "缺少该字段；规则有五个字段：分 时 日 月 星期");
    for (;;) {
        if (!read_item(r))
            return false;
        if (!ends_item(*r->at))
            return bad(r, "is not understood here", "此处无法理解");
        if (*r->at != ',')
            break;
        r->at++;
    }
    if (r->kind == DAY)
        r->cron->any_day = *start == '*';
    if (r->kind == WEEKDAY)
        r->cron->any_weekday = *start == '*';
    return true;
}

static void skip_space(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
}

static const struct {
    const char *name;
    const char *rule;
} words[] = {
    { "@hourly", "0 * * * *" },  { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
    { "@weekly", "0 0 * * 0" },  { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
    { "@annually", "0 0 1 1 *" },
};

/* The rule behind a word; NULL: there is none. */
static const char *word_rule(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == length && strncasecmp(text, words[i].name, length) == 0)
            return words[i].rule;
    return NULL;
}

static bool bad_word(const char *path, struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, path, "cron",
                       "is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually",
                       "不是 @hourly、@daily、@midnight、@weekly、@monthly、@yearly、@annually 之一");
}

bool cron_parse(const char *text, const char *path, struct cron *cron, struct gov_err *err)
{
    struct reader r = { text, text, MINUTE, path, cron, err };

    *cron = (struct cron){ 0 };
    if (strlen(text) > CRON_TEXT_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "length", "a rule has at most %d characters",
                           "规则最多 %d 个字符", CRON_TEXT_MAX);
    skip_space(&r);
    if (*r.at == '@') {
        size_t length = strcspn(r.at, " \t");
        const char *rule = word_rule(r.at, length);
        if (!rule || r.at[length + strspn(r.at + length, " \t")])
            return bad_word(path, err);
        r.text = r.at = rule;
    }
    for (int kind = 0; kind < FIELD_COUNT; kind++) {
        r.kind = (enum field_kind)kind;
        skip_space(&r);
        if (!read_field(&r))
            return false;
    }
    skip_space(&r);
    if (*r.at)
        return bad(&r, "something follows the fifth field; seconds and years are not part of a rule",
                   "第五个字段之后还有内容；规则不含秒和年");
    return true;
}
