/* /v1/platform/limits: what each tenant may, and changing it.
 *
 *     parse -> mark -> change -> tell -> show
 *
 * Rows first, then the queue at once; should that message be lost, the scheduler's next visit repeats it.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/platform/platform.h"
#include "core/store/tenant_limits.h"

enum { LIMIT_SCHEMA = 2, LIMIT_FIRST = 3, SKILLS_MAX = 100 }; /* columns of limit_page.sql */

struct skill_limit {
    const char *skill, *comment;
    int64_t slots;
    json_t *rate;
    bool paused;
};

struct limit {
    struct endpoint endpoint;
    struct page page;
    const char *words, *comment;
    struct id id;
    int64_t weight, concurrency; /* -1: stays */
    json_t *rate, *paused, *skills;
    struct skill_limit each[SKILLS_MAX];
    size_t count;
    json_t *asked;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct limit *e = (struct limit *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 800, &e->words, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_LIMIT_PAGE, &e->rows, e->page.before,
             e->page.limit, e->words, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct limit *e = (struct limit *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step limit_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t limit_list_bytes = sizeof(struct limit);

static enum op_next load(struct op *op)
{
    struct limit *e = (struct limit *)op;

    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_LIMIT_PAGE, &e->rows, NULL, "1", NULL,
             e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct limit *e = (struct limit *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step limit_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t limit_get_bytes = sizeof(struct limit);

/* --- change --- */

static bool rate_check(const json_t *rate, const char *path, struct gov_err *err)
{
    double value = json_number_value(rate);

    return !rate || (json_is_number(rate) && value >= 0 && value <= 100000) ||
           gov_fail_at(err, GOV_INVALID_INPUT, path, "range",
                       "starts per second: a number from 0 (no limit) to 100000",
                       "每秒启动数：0（不限）到 100000 之间的数");
}

static bool read_skills(struct limit *e, struct gov_err *err)
{
    static const struct json_field of_skill[] = {
        { "skill", JSON_FIELD_SLUG, true, offsetof(struct skill_limit, skill), 0, 0, NULL },
        { "slots", JSON_FIELD_INT, false, offsetof(struct skill_limit, slots), 0, 10000, NULL },
        { "rate_per_s", JSON_FIELD_ANY, false, offsetof(struct skill_limit, rate), 0, 0, NULL },
        { "paused", JSON_FIELD_BOOL, false, offsetof(struct skill_limit, paused), 0, 0, NULL },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct skill_limit, comment), 0, 1000, NULL },
    };
    const json_t *item;
    size_t i;

    json_array_foreach(e->skills, i, item)
    {
        const char *path = arena_format(&e->endpoint.op.arena, "/skills/%zu", i);
        if (!json_is_object(item))
            return gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "must be an object", "必须是对象");
        if (!JSON_DECODE(item, of_skill, &e->each[i], &e->endpoint.op.arena, err) ||
            !rate_check(e->each[i].rate, path, err))
            return false;
    }
    e->count = json_array_size(e->skills);
    return true;
}

static enum op_next parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "weight", JSON_FIELD_INT, false, offsetof(struct limit, weight), 1, 1000, NULL },
        { "concurrency", JSON_FIELD_INT, false, offsetof(struct limit, concurrency), 0, 10000, NULL },
        { "rate_per_s", JSON_FIELD_ANY, false, offsetof(struct limit, rate), 0, 0, NULL },
        { "paused", JSON_FIELD_ANY, false, offsetof(struct limit, paused), 0, 0, NULL },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct limit, comment), 1, 2000, NULL },
        { "skills", JSON_FIELD_ARRAY, false, offsetof(struct limit, skills), 0, SKILLS_MAX, NULL },
    };
    struct limit *e = (struct limit *)op;

    e->weight = e->concurrency = -1;
    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    if (!CALL_BODY(e->endpoint.call, op, fields, e) || !rate_check(e->rate, "/rate_per_s", &op->err) ||
        !read_skills(e, &op->err))
        return OP_FAIL;
    if (e->paused && !json_is_boolean(e->paused))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/paused", "type", "must be true or false",
                           "必须是 true 或 false"),
               OP_FAIL;
    if (json_is_true(e->paused) && !e->comment)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/comment", "required",
                           "say why it is paused: its people are shown that", "请说明暂停原因，租户成员会看到"),
               OP_FAIL;
    if (e->weight < 0 && e->concurrency < 0 && !e->rate && !e->paused && e->count == 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "", "empty", "say what to change", "请指定要修改的内容"),
               OP_FAIL;
    return OP_NEXT;
}

static const char *real(struct limit *e, const json_t *number)
{
    return number ? arena_format(&e->endpoint.op.arena, "%.6g", json_number_value(number)) : NULL;
}

static const char *whole(struct limit *e, int64_t number)
{
    return number < 0 ? NULL : arena_format(&e->endpoint.op.arena, "%lld", (long long)number);
}

static void change_skill(struct limit *e, struct db_group *g, const struct skill_limit *s)
{
    const char *name = arena_format(&e->endpoint.op.arena, "s:%s", s->skill);

    if (s->slots == 0 && json_number_value(s->rate) == 0 && !s->paused)
        DB_GROUP_ADD(g, SQL_QUERIES_LIMIT_NAME_DROP, NULL, e->id.text, name);
    else
        DB_GROUP_ADD(g, SQL_QUERIES_LIMIT_NAME_SET, NULL, e->id.text, name, whole(e, s->slots),
                     s->rate ? real(e, s->rate) : "0", s->paused ? "true" : "false",
                     s->comment ? s->comment : e->comment, audit_actor(e->endpoint.call));
}

static json_t *told(const struct limit *e)
{
    json_t *detail = json_pack("{s:O*, s:O*, s:O*, s:s*}", "rate_per_s", e->rate, "paused", e->paused,
                               "skills", e->skills, "comment", e->comment);
    if (e->weight >= 0)
        json_object_set_new(detail, "weight", json_integer(e->weight));
    if (e->concurrency >= 0)
        json_object_set_new(detail, "concurrency", json_integer(e->concurrency));
    return detail;
}

/* Its next visit tells the queue again, should what we tell be lost. */
static enum op_next mark(struct op *op)
{
    struct limit *e = (struct limit *)op;

    marks_note(op, e->endpoint.call->api->marks, &e->id, 0);
    return OP_WAIT;
}

static enum op_next change(struct op *op)
{
    struct limit *e = (struct limit *)op;
    struct call *call = e->endpoint.call;
    const char *actor = audit_actor(call), *id = e->id.text;
    struct audit_row ours = { NULL, actor, "operation", "limits.changed", "tenant", id };
    struct audit_row theirs = { id, actor, "operation", "limits.changed", "tenant", id };

    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_LIMIT_SET, NULL, id, whole(e, e->weight), whole(e, e->concurrency),
                 real(e, e->rate), !e->paused ? NULL : json_is_true(e->paused) ? "true" : "false", actor,
                 e->comment);
    for (size_t i = 0; i < e->count; i++)
        change_skill(e, g, &e->each[i]);
    audit_add(g, call, &ours, told(e));
    audit_add(g, call, &theirs, told(e));
    DB_GROUP_ADD(g, SQL_QUERIES_LIMIT_PAGE, &e->rows, NULL, "1", NULL, id);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next tell(struct op *op)
{
    struct limit *e = (struct limit *)op;

    tenant_limits_tell(op, &e->endpoint.call->api->queues, db_text(&e->rows, 0, LIMIT_SCHEMA), &e->rows, 0,
                       LIMIT_FIRST);
    return OP_WAIT;
}

const struct op_step limit_change_steps[] = { { "load", load }, { "parse", parse }, { "mark", mark },
                                              { "change", change }, { "tell", tell }, { "show", show }, { 0 } };
const size_t limit_change_bytes = sizeof(struct limit);
