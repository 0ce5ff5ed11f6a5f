/* /v1/platform/editions: the catalogue, and what is on sale for everybody. Versions are only added; of one that is there only
 * the end of its sale is said. */
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "core/base/clock.h"
#include "core/model/calendar.h"
#include "core/model/money.h"

struct edition {
    struct endpoint endpoint;
    struct page page;
    const char *code, *kind, *currency, *unit, *late, *policy;
    int64_t price, count, tax, grace, min_grace, retention, sold_from_us;
    bool inclusive;
    json_t *title, *limits;
    int64_t until_us;
    const char *reason;
    struct db_rows rows;
};

static enum op_next list_of(struct op *op, const char *on_sale)
{
    struct edition *e = (struct edition *)op;

    e->page.size = INT32_MAX; /* one page: the catalogue is short */
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_EDITION_PAGE, &e->rows, NULL, NULL, on_sale);
    return OP_WAIT;
}

static enum op_next list(struct op *op)
{
    return list_of(op, "false");
}

static enum op_next on_sale(struct op *op)
{
    return list_of(op, "true");
}

static enum op_next list_leave(struct op *op)
{
    struct edition *e = (struct edition *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step edition_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t edition_list_bytes = sizeof(struct edition);
const struct op_step edition_on_sale_steps[] = { { "list", on_sale }, { "leave", list_leave }, { 0 } };
const size_t edition_on_sale_bytes = sizeof(struct edition);

/* --- add --- */

#define AT(member) offsetof(struct edition, member)
static const char *const kinds[] = { "personal", "team", "slots", NULL };
static const char *const units[] = { "day", "month", "year", NULL };
static const char *const lates[] = { "continue", "restart", NULL };
static const struct json_field fields[] = {
    { "price_minor", JSON_FIELD_INT, true, AT(price), 0, INT64_MAX / 2000, NULL },
    { "currency", JSON_FIELD_TEXT, true, AT(currency), 3, 3, NULL },
    { "interval_unit", JSON_FIELD_TEXT, false, AT(unit), 0, 0, units },
    { "interval_count", JSON_FIELD_INT, false, AT(count), 1, 120, NULL },
    { "tax_bp", JSON_FIELD_INT, false, AT(tax), 0, 10000, NULL },
    { "tax_inclusive", JSON_FIELD_BOOL, false, AT(inclusive), 0, 0, NULL },
    { "limits", JSON_FIELD_OBJECT, false, AT(limits), 0, 0, NULL },
    { "grace_days", JSON_FIELD_INT, false, AT(grace), 0, 365, NULL },
    { "min_grace_days", JSON_FIELD_INT, false, AT(min_grace), 0, 60, NULL },
    { "retention_days", JSON_FIELD_INT, false, AT(retention), 8, 3650, NULL },
    { "late_policy", JSON_FIELD_TEXT, false, AT(late), 0, 0, lates },
    { "policy", JSON_FIELD_SLUG, false, AT(policy), 0, 0, NULL },
    { "sold_from", JSON_FIELD_TIME, false, AT(sold_from_us), 0, 0, NULL },
    { "code", JSON_FIELD_SLUG, true, AT(code), 0, 0, NULL },
    { "kind", JSON_FIELD_TEXT, true, AT(kind), 0, 0, kinds },
    { "title", JSON_FIELD_OBJECT, true, AT(title), 0, 0, NULL },
};
#define LATE_US (300LL * 1000000) /* a clock that is behind */
enum { FIELDS = sizeof fields / sizeof *fields, VERSION_FIELDS = FIELDS - 3 };

/* What a payment writes to its tenant: what does not fit there would keep a paid order from ever being activated. */
static const struct { const char *name; json_int_t most; } limit_names[] = {
    { "slots", 1000000 },
    { "concurrency", 10000 },
    { "store_bytes", INT64_MAX / 2 },
};

static bool limits_fit(const json_t *limits, struct gov_err *err)
{
    for (size_t i = 0; i < sizeof limit_names / sizeof *limit_names; i++) {
        const json_t *value = json_object_get(limits, limit_names[i].name);
        char path[32];

        if (!value || json_is_null(value) ||
            (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= limit_names[i].most))
            continue;
        snprintf(path, sizeof path, "/limits/%s", limit_names[i].name);
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "range", "must be a whole number between 0 and %lld, or null: no limit of its own",
                           "须为 0 至 %lld 之间的整数，或 null（不单独限制）", (long long)limit_names[i].most);
    }
    return true;
}

static bool fits(struct edition *e, struct gov_err *err)
{
    if (!limits_fit(e->limits, err))
        return false;
    if (money_exponent(e->currency) < 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/currency", "unknown", "no such currency here: %s", "不支持的币种：%s",
                           e->currency);
    if (!e->unit != !e->count)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/interval_unit", "incomplete",
                           "give interval_unit and interval_count, or neither (bought once)",
                           "interval_unit 与 interval_count 须同时给出或都不给（一次性购买）");
    if (e->title && (!json_get_text(e->title, "en") || !json_get_text(e->title, "zh")))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/title", "incomplete", "a title in en and zh", "标题须含 en 与 zh");
    if (e->sold_from_us && e->sold_from_us < clock_now_us() - LATE_US) /* by the database's clock it asks once more */
        return gov_fail_at(err, GOV_INVALID_INPUT, "/sold_from", "past",
                           "it lies in the past, when the version before it was on sale; leave it out, and it is sold from now on",
                           "起售时间已过，而当时在售的是之前的版次；请省略该项，即从现在起售");
    if (e->kind && (strcmp(e->kind, "team") == 0) != (e->unit != NULL))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/interval_unit", "kind", "team editions, and only they, have an interval",
                           "仅团队版须有周期");
    if (e->kind && strcmp(e->kind, "slots") == 0 && json_get_int(e->limits, "slots", 0) <= 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/limits/slots", "minimum", "how many slots one pack adds, at least 1",
                           "每包增加的槽位数，至少 1");
    return true;
}

static enum op_next add(struct op *op, size_t count)
{
    struct edition *e = (struct edition *)op;
    struct call *call = e->endpoint.call;
    json_t *terms;
    struct id version = id_new();

    e->inclusive = true;
    if (!json_decode_text(call->request->body, call->request->body_bytes, fields, count, e, &terms, &op->arena, &op->err) ||
        !fits(e, &op->err))
        return OP_FAIL;
    if (!e->limits)
        json_object_del(terms, "limits"); /* null is none, and is not kept as one */
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_EDITION_ADD, &e->rows, e->code ? e->code : call->params[0], e->kind,
                 e->title ? json_text(&op->arena, e->title) : NULL, arena_text(&op->arena, version.text),
                 json_text(&op->arena, terms), call->caller.user.text);
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next create(struct op *op)
{
    return add(op, FIELDS);
}

static enum op_next version_create(struct op *op)
{
    return add(op, VERSION_FIELDS);
}

static enum op_next added(struct op *op)
{
    struct edition *e = (struct edition *)op;
    return page_one(e->endpoint.call, 201, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step edition_create_steps[] = { { "create", create }, { "added", added }, { 0 } };
const size_t edition_create_bytes = sizeof(struct edition);
const struct op_step edition_version_create_steps[] = { { "create", version_create }, { "added", added }, { 0 } };
const size_t edition_version_create_bytes = sizeof(struct edition);

/* --- one, and the end of a version's sale --- */

static enum op_next get(struct op *op)
{
    struct edition *e = (struct edition *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_EDITION_SHOW, &e->rows, call->params[0]);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct edition *e = (struct edition *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

/* A version's number as the path has it; what is none is not found. */
static bool is_version(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits && digits < 7 && !text[digits] && *text != '0';
}

static enum op_next end_sale(struct op *op)
{
    struct edition *e = (struct edition *)op;
    struct call *call = e->endpoint.call;
    char until[CLOCK_TEXT_BYTES];
    static const struct json_field sale_fields[] = {
        { "until", JSON_FIELD_TIME, false, AT(until_us), 0, 0, NULL },
        { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    };

    if (!is_version(call->params[1]))
        return gov_fail(&op->err, GOV_NOT_FOUND, "the edition has no such version", "该版本没有此版次"), OP_FAIL;
    if (!CALL_BODY(call, op, sale_fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_EDITION_END_SALE, &e->rows, call->params[0], call->params[1],
                 e->until_us ? clock_format(e->until_us, until) : NULL, e->reason, call->caller.user.text);
    audit_remember(g, call, 200);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step edition_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t edition_get_bytes = sizeof(struct edition);
const struct op_step edition_end_sale_steps[] = { { "end_sale", end_sale }, { "show", show }, { 0 } };
const size_t edition_end_sale_bytes = sizeof(struct edition);
