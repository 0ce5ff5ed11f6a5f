/* /v1/platform/calendars: years of workdays, with the source that they were taken from. Nothing is known until somebody
 * imports it; what is imported replaces the year, and a dry run says what that would change. */
#include <stdio.h>
#include <string.h>

#include "api/money/money.h"
#include "api/page.h"
#include "core/base/civil.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"

enum { YEAR_MIN = 2000, YEAR_MAX = 2200, DAYS_MAX = 366, NAME_BYTES_MAX = 200 };

struct calendar {
    struct endpoint endpoint;
    const char *country, *source, *citation;
    int64_t year;
    bool dry_run;
    json_t *holidays, *workdays;
    bool seen[DAYS_MAX]; /* by day of the year */
    int seen_count;
    const char *plain_day; /* the first workday that is a Monday to Friday; NULL: none */
    int plain, plain_weekday;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct calendar *e = (struct calendar *)op;
    struct call *call = e->endpoint.call;
    const char *year = http_request_query(call->request, "year"), *country;

    if (!page_words(call, "country", 11, &country, &op->err))
        return OP_FAIL;
    if (year && !text_parse_i64(year, YEAR_MIN, YEAR_MAX, &e->year))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "year", "range", "must be a year from %d to %d", "须为 %d 至 %d 的年份",
                           YEAR_MIN, YEAR_MAX),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CALENDAR_PAGE, &e->rows, year, country);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct calendar *e = (struct calendar *)op;
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append(items, db_json(&e->rows, i, 1, &op->arena));
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step calendar_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t calendar_list_bytes = sizeof(struct calendar);

/* --- import --- */

#define AT(member) offsetof(struct calendar, member)
static const struct json_field fields[] = {
    { "country", JSON_FIELD_TEXT, true, AT(country), 2, 11, NULL },
    { "year", JSON_FIELD_INT, true, AT(year), YEAR_MIN, YEAR_MAX, NULL },
    { "source", JSON_FIELD_TEXT, true, AT(source), 3, 300, NULL },
    { "citation", JSON_FIELD_TEXT, true, AT(citation), 3, 500, NULL },
    { "holidays", JSON_FIELD_ARRAY, true, AT(holidays), 0, DAYS_MAX, NULL },
    { "workdays", JSON_FIELD_ARRAY, false, AT(workdays), 0, DAYS_MAX, NULL },
    { "dry_run", JSON_FIELD_BOOL, false, AT(dry_run), 0, 0, NULL },
};

/* "CN", "DE-BY": what lifecycle_policy.calendar names. */
static bool country_good(const char *code)
{
    size_t bytes = strlen(code);

    if (bytes < 2 || bytes == 3 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < 2 || (bytes > 2 && code[2] != '-'))
        return false;
    return strspn(code + 2, "-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == bytes - 2 && !strchr(code + (bytes > 2 ? 3 : 2), '-');
}

/* `item` of the nth day of a list; the words have no arguments. */
#define REFUSE(err, path, i, item, en, zh)                                                         \
    gov_fail_at((err), GOV_INVALID_INPUT, arena_format(arena, "/%s/%zu", (path), (i)), (item), en, zh)

/* A day is "2026-10-01", or {"date": …, "name": …}. A holiday on a Saturday is fine: a notice names its whole span. */
static bool days_add(struct calendar *e, json_t *list, const char *path, bool works, json_t *days, struct arena *arena,
                     struct gov_err *err)
{
    struct civil date;
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const char *text = json_is_object(one) ? json_get_text(one, "date") : json_string_value(one);
        const char *name = json_is_object(one) ? json_get_text(one, "name") : NULL;

        if (!text || !civil_parse(text, &date))
            return REFUSE(err, path, i, "format", "must be a day like 2026-10-01, or {\"date\", \"name\"}",
                          "须为形如 2026-10-01 的日期，或 {\"date\", \"name\"}");
        if (date.year != e->year)
            return REFUSE(err, path, i, "year", "is not of the year that is imported", "不属于所导入的年份");
        if (name && strlen(name) > NAME_BYTES_MAX)
            return REFUSE(err, path, i, "length", "the name is longer than 200 bytes", "名称超过 200 字节");
        int64_t at = civil_to_days(date) - civil_to_days((struct civil){ date.year, 1, 1 });
        if (e->seen[at])
            return REFUSE(err, path, i, "repeated", "stands there twice", "重复出现");
        e->seen[at] = true;
        e->seen_count++;
        if (works && !e->plain_day && civil_weekday(date) < 5) {
            e->plain = (int)i;
            e->plain_day = text;
            e->plain_weekday = civil_weekday(date);
        }
        json_array_append_new(days, json_pack("{s:s, s:b, s:s?}", "date", text, "works", works, "name", name));
    }
    return true;
}

/* A make-up workday from Monday to Friday is one without being named, so that its date is a slip of the pen, and the day
 * that was meant would not count. Only a source that lists the whole year names them, too. */
static bool make_up_days(struct calendar *e, struct arena *arena, struct gov_err *err)
{
    static const struct gov_text names[] = { { "Monday", "周一" }, { "Tuesday", "周二" }, { "Wednesday", "周三" },
                                             { "Thursday", "周四" }, { "Friday", "周五" } };
    int year = (int)e->year;

    if (!e->plain_day || e->seen_count == civil_to_days((struct civil){ year + 1, 1, 1 }) - civil_to_days((struct civil){ year, 1, 1 }))
        return true;
    const struct gov_text *day = &names[e->plain_weekday];
    gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/workdays/%d", e->plain), "weekday",
                "%s is a %s, which is worked anyway: a make-up workday is a Saturday or Sunday; look up its date, or leave it out",
                "%s 是%s，本来就是工作日：调休上班日应为周六或周日；请核对日期，或将其删去", e->plain_day, day->en);
    snprintf(err->zh, sizeof err->zh, "%s 是%s，本来就是工作日：调休上班日应为周六或周日；请核对日期，或将其删去", e->plain_day, day->zh);
    return false;
}

/* Of what counts, in one order: the same table in another file is the same. */
static const char *digest_of(struct calendar *e, json_t *days, struct arena *arena)
{
    char *hex = arena_alloc(arena, CRYPTO_HEX_BYTES);
    struct buf text = { 0 };

    json_canonical(json_own(arena, json_pack("{s:s, s:I, s:s, s:s, s:O}", "country", e->country, "year", (json_int_t)e->year,
                                             "source", e->source, "citation", e->citation, "days", days)), &text);
    crypto_sha256_hex(buf_text(&text), text.length, hex);
    buf_release(&text);
    return hex;
}

static enum op_next import(struct op *op)
{
    struct calendar *e = (struct calendar *)op;
    struct call *call = e->endpoint.call;
    json_t *days = json_own(&op->arena, json_array());

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (!country_good(e->country))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/country", "format", "must be a code like CN or DE-BY",
                           "须为形如 CN 或 DE-BY 的代码"),
               OP_FAIL;
    if (!days_add(e, e->holidays, "holidays", false, days, &op->arena, &op->err) ||
        !days_add(e, e->workdays, "workdays", true, days, &op->arena, &op->err) || !make_up_days(e, &op->arena, &op->err))
        return OP_FAIL;
    if (json_array_size(days) == 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/holidays", "required",
                           "a year without any day says nothing; leave it unknown instead", "没有任何日期的年份没有意义；请不要导入"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CALENDAR_IMPORT, &e->rows, e->country,
             arena_format(&op->arena, "%lld", (long long)e->year), e->source, e->citation, digest_of(e, days, &op->arena),
             json_text(&op->arena, days), e->dry_run ? "true" : "false", call->caller.user.text);
    return OP_WAIT;
}

static enum op_next imported(struct op *op)
{
    struct calendar *e = (struct calendar *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step calendar_import_steps[] = { { "import", import }, { "imported", imported }, { 0 } };
const size_t calendar_import_bytes = sizeof(struct calendar);
