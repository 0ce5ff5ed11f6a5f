/* /v1/platform/dead-letters: jobs that the platform gave up, and what a person decides about them.
 *
 *     parse -> ask -> answer                 list, inspect
 *     parse -> ask -> mark -> act -> tell    redrive, discard
 *
 * They are outcomes in the tenants' schemas. The scheduler notes which tenants have open ones; without
 * ?tenant= only those are asked, some after the others. Redriving makes a new job that is linked to the old one; which is decided
 * once, by a primary key. A high-risk run is not redriven: its confirmation was used up.
 */
#include <stdlib.h>
#include <string.h>

#include "api/people/audit.h"
#include "api/people/page.h"
#include "api/platform/platform.h"
#include "core/base/clock.h"
#include "core/model/job.h"

enum { TENANTS_AT_ONCE = 25, REDRIVE_MAX = 500 };

/* Columns of dead_letter_page.sql. */
enum {
    LETTER_ID,
    LETTER_ITEM,
    LETTER_LANE,
    LETTER_CLASS,
    LETTER_TIMEOUT,
    LETTER_SKILL,
    LETTER_ACTION,
    LETTER_KIND,
    LETTER_KEY,
    LETTER_RISK,
    LETTER_STATE
};

struct letters {
    struct db_scope scope;
    struct db_rows rows;
    struct gov_err err;
};

struct redriven {
    struct id successor;
    struct gov_err err;
};

struct dead_letter {
    struct endpoint endpoint;
    struct page page;
    const char *tenant, *state, *comment;
    struct id id; /* "" for a list */
    int64_t most, per_minute;
    struct db_rows tenants;
    struct letters *of;
    struct redriven *redriven;
    int found; /* index in `of`; -1: none */
    bool lists; /* all of them are wanted, not one */
    enum { ASKED_NOTHING, ASKED_TENANTS, ASKED_LETTERS } asked;
    const char *after; /* the tenant behind which the next are */
    struct one *best;
    int best_count;
};

static struct call *call_of(struct dead_letter *e)
{
    return e->endpoint.call;
}

/* Of a list: what was found so far, newest first. */
struct one {
    const char *id;
    json_t *item;
};

static int later_first(const void *a, const void *b)
{
    return strcmp(((const struct one *)b)->id, ((const struct one *)a)->id);
}

/* The newest of what these tenants have and what others had; one more than the page shows. */
static void keep_newest(struct dead_letter *e)
{
    int most = (int)e->page.asked.limit + 1, count = e->best_count, all = count;
    struct arena *arena = &e->endpoint.op.arena;

    for (int i = 0; i < e->tenants.count; i++)
        all += e->of[i].rows.count;
    struct one *list = ARENA_ARRAY(arena, struct one, (size_t)all + 1);
    if (count)
        memcpy(list, e->best, (size_t)count * sizeof *list);
    for (int i = 0; i < e->tenants.count; i++)
        for (int row = 0; row < e->of[i].rows.count; row++)
            list[count++] = (struct one){ db_text(&e->of[i].rows, row, LETTER_ID),
                                          db_json(&e->of[i].rows, row, LETTER_ITEM, arena) };
    if (count)
        qsort(list, (size_t)count, sizeof *list, later_first);
    e->best = list;
    e->best_count = count < most ? count : most;
}

static void ask_tenants(struct dead_letter *e)
{
    struct op *op = &e->endpoint.op;

    /* The result of before stays with the op: rows of it may be shown. */
    memset(&e->tenants, 0, sizeof e->tenants);
    DB_QUERY(op, call_of(e)->api->db, &DB_PUBLIC, SQL_QUERIES_DEAD_LETTER_TENANTS, &e->tenants, e->tenant,
             arena_format(&op->arena, "%d", TENANTS_AT_ONCE), e->after);
}

static void ask_letters(struct dead_letter *e)
{
    struct op *op = &e->endpoint.op;
    bool full = e->lists && e->best_count > e->page.asked.limit;

    e->of = ARENA_ARRAY(&op->arena, struct letters, (size_t)e->tenants.count + 1);
    for (int i = 0; i < e->tenants.count; i++) {
        struct letters *l = &e->of[i];
        l->scope = db_scope_tenant(db_text(&e->tenants, i, 0), (int)db_int(&e->tenants, i, 1));
        struct db_group *g = db_group_new(op, call_of(e)->api->db, &l->scope);
        DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_PAGE, &l->rows, e->page.before,
                     e->page.limit ? e->page.limit : "1", e->state, db_text(&e->tenants, i, 2),
                     db_text(&e->tenants, i, 3), e->id.text[0] ? e->id.text : NULL,
                     full ? e->best[e->best_count - 1].id : NULL);
        db_group_send(g);
    }
}

/* Some tenants, their letters, and the next tenants, until there are no more or the one that is looked for was found. */
static enum op_next ask(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    switch (e->asked) {
    case ASKED_NOTHING:
        e->found = -1;
        ask_tenants(e);
        e->asked = ASKED_TENANTS;
        return OP_AGAIN;
    case ASKED_TENANTS:
        ask_letters(e);
        e->asked = ASKED_LETTERS;
        return OP_AGAIN;
    default:
        for (int i = 0; i < e->tenants.count; i++)
            if (!e->lists && e->of[i].rows.count)
                e->found = i;
        if (e->lists)
            keep_newest(e);
        if (e->found >= 0 || e->tenants.count < TENANTS_AT_ONCE)
            return OP_NEXT;
        e->after = arena_text(&op->arena, db_text(&e->tenants, e->tenants.count - 1, 2));
        ask_tenants(e);
        e->asked = ASKED_TENANTS;
        return OP_AGAIN;
    }
}

/* --- list --- */

static enum op_next list_parse(struct op *op)
{
    static const char *const states[] = { "open", "redriven", "discarded", NULL };
    struct dead_letter *e = (struct dead_letter *)op;
    struct call *call = call_of(e);

    e->lists = true;
    return page_read(call, false, &e->page, &op->err) && page_id(call, "tenant", &e->tenant, &op->err) &&
                   page_choice(call, "state", states, &e->state, &op->err)
               ? OP_NEXT
               : OP_FAIL;
}

static enum op_next list_answer(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    int limit = (int)e->page.asked.limit;
    json_t *items = json_array();

    for (int i = 0; i < e->best_count && i < limit; i++)
        json_array_append(items, e->best[i].item);
    call_list(call_of(e), items, e->best_count > limit ? e->best[limit - 1].id : NULL);
    return OP_DONE;
}

const struct op_step dead_letter_list_steps[] = {
    { "parse", list_parse }, { "ask", ask }, { "answer", list_answer }, { 0 }
};
const size_t dead_letter_list_bytes = sizeof(struct dead_letter);

/* --- one --- */

static enum op_next one_parse(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    return call_param_id(call_of(e), 0, &e->id, &op->err) &&
                   page_id(call_of(e), "tenant", &e->tenant, &op->err)
               ? OP_NEXT
               : OP_FAIL;
}

static bool one_found(struct dead_letter *e, struct gov_err *err)
{
    return e->found >= 0 ||
           gov_fail(err, GOV_NOT_FOUND,
                    "there is no such dead letter among the tenants that have open ones; to look at a decided "
                    "one say whose it is: ?tenant=<id>",
                    "在有待处理死信的租户中没有找到；查看已处理的死信请指明租户：?tenant=<编号>");
}

static enum op_next one_answer(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!one_found(e, &op->err))
        return OP_FAIL;
    call_json(call_of(e), 200,
              json_incref(db_json(&e->of[e->found].rows, 0, LETTER_ITEM, &op->arena)));
    return OP_DONE;
}

const struct op_step dead_letter_get_steps[] = {
    { "parse", one_parse }, { "ask", ask }, { "answer", one_answer }, { 0 }
};
const size_t dead_letter_get_bytes = sizeof(struct dead_letter);

/* --- acting --- */

static struct id tenant_id(const struct dead_letter *e)
{
    return db_id(&e->tenants, e->found, 2);
}

static enum op_next act_parse(struct op *op, bool comment)
{
    const struct json_field fields[] = {
        { "comment", JSON_FIELD_TEXT, comment, offsetof(struct dead_letter, comment), 1, 2000, NULL },
    };
    struct dead_letter *e = (struct dead_letter *)op;

    return CALL_BODY(call_of(e), op, fields, e) ? one_parse(op) : OP_FAIL;
}

static bool is_high(const struct db_rows *rows, int row)
{
    const char *risk = db_text(rows, row, LETTER_RISK);
    return risk && strcmp(risk, "high") == 0;
}

static bool high_refused(struct gov_err *err)
{
    return gov_fail(err, GOV_CONFIRMATION_REQUIRED,
                    "this run was of high risk and its confirmation is used up; its people run it again (POST "
                    "/v1/runs/{id}/rerun), and somebody confirms anew",
                    "该运行为高风险且其确认已用完；请由租户重新运行（POST /v1/runs/{id}/rerun）并重新确认");
}

static enum op_next redrive_mark(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!one_found(e, &op->err) || (is_high(&e->of[e->found].rows, 0) && !high_refused(&op->err)))
        return OP_FAIL;
    struct id tenant = tenant_id(e);
    marks_note(op, call_of(e)->api->marks, &tenant, 0);
    return OP_WAIT;
}

static void send_redrive(struct dead_letter *e, int row, struct redriven *r, int64_t delay_ms)
{
    struct op *op = &e->endpoint.op;
    struct letters *l = &e->of[e->found];
    struct db_group *g = db_group_new(op, call_of(e)->api->db, &l->scope);

    r->successor = id_new();
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_REDRIVE, NULL, db_text(&l->rows, row, LETTER_ID),
                 r->successor.text, arena_format(&op->arena, "%lld", (long long)delay_ms),
                 audit_actor(call_of(e)), e->comment);
    db_group_tolerate(g, &r->err);
    db_group_send(g);
}

static enum op_next redrive(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    e->redriven = ARENA_NEW(&op->arena, struct redriven);
    send_redrive(e, 0, e->redriven, 0);
    return OP_WAIT;
}

/* The primary key said that somebody was first. */
static bool decided(const struct gov_err *failed, struct gov_err *err)
{
    if (failed->code == GOV_CONFLICT)
        return gov_fail(err, GOV_ALREADY_DONE, "somebody decided on this dead letter already",
                        "已有人处理过这条死信");
    *err = *failed;
    return !failed->code;
}

static void remember(struct dead_letter *e, const char *action, const char *subject, int status,
                     json_t *detail)
{
    struct call *call = call_of(e);
    struct id tenant = tenant_id(e);
    struct audit_row row = { NULL, audit_actor(call), "operation", action, "job", subject };
    struct db_group *g = db_group_new(&e->endpoint.op, call->api->db, &DB_PUBLIC);

    json_object_set_new(detail, "tenant", json_string(tenant.text));
    audit_add(g, call, &row, detail);
    audit_remember(g, call, status);
    db_group_send(g);
}

static void push(struct dead_letter *e, int row, const struct id *job)
{
    struct op *op = &e->endpoint.op;
    const struct db_rows *r = &e->of[e->found].rows;
    struct queue_entry entry = { .tenant = e->of[e->found].scope.schema,
                                 .lane = db_text(r, row, LETTER_LANE),
                                 .class = db_text(r, row, LETTER_CLASS),
                                 .job = *job,
                                 .fence = 1,
                                 .cost_ms = job_cost_unknown_ms(db_int(r, row, LETTER_TIMEOUT)),
                                 .kind = db_text(r, row, LETTER_KIND) };

    if (strcmp(entry.kind, "run") == 0)
        entry.action = job_queue_action(&op->arena, db_text(r, row, LETTER_SKILL),
                                        db_text(r, row, LETTER_ACTION), db_text(r, row, LETTER_KEY));
    queue_shards_push(op, &call_of(e)->api->queues, &entry, 1);
}

static enum op_next redrive_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!decided(&e->redriven->err, &op->err))
        return OP_FAIL;
    push(e, 0, &e->redriven->successor);
    remember(e, "dead_letter.redriven", e->id.text, 201,
             json_pack("{s:s, s:s*}", "redriven_as", e->redriven->successor.text, "comment", e->comment));
    call_json(call_of(e), 201, json_pack("{s:s, s:s}", "id", e->redriven->successor.text, "redrive_of",
                                         e->id.text));
    return OP_WAIT;
}

static enum op_next redrive_parse(struct op *op)
{
    return act_parse(op, false);
}

const struct op_step dead_letter_redrive_steps[] = {
    { "parse", redrive_parse }, { "ask", ask },        { "mark", redrive_mark },
    { "redrive", redrive },     { "tell", redrive_tell }, { 0 }
};
const size_t dead_letter_redrive_bytes = sizeof(struct dead_letter);

static enum op_next discard_parse(struct op *op)
{
    return act_parse(op, true);
}

static enum op_next discard(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!one_found(e, &op->err))
        return OP_FAIL;
    struct letters *l = &e->of[e->found];
    e->redriven = ARENA_NEW(&op->arena, struct redriven);
    struct db_group *g = db_group_new(op, call_of(e)->api->db, &l->scope);
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_DISCARD, NULL, e->id.text, audit_actor(call_of(e)), e->comment);
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_PAGE, &l->rows, NULL, "1", NULL, db_text(&e->tenants, e->found, 2),
                 db_text(&e->tenants, e->found, 3), e->id.text, NULL);
    db_group_tolerate(g, &e->redriven->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next discard_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!decided(&e->redriven->err, &op->err))
        return OP_FAIL;
    remember(e, "dead_letter.discarded", e->id.text, 200, json_pack("{s:s}", "comment", e->comment));
    return OP_WAIT;
}

const struct op_step dead_letter_discard_steps[] = {
    { "parse", discard_parse }, { "ask", ask },
    { "discard", discard },     { "tell", discard_tell }, { "answer", one_answer },
    { 0 }
};
const size_t dead_letter_discard_bytes = sizeof(struct dead_letter);

/* --- many of one tenant, at a pace: the i-th is delayed --- */

static enum op_next many_parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "tenant", JSON_FIELD_TEXT, true, offsetof(struct dead_letter, tenant), 36, 36, NULL },
        { "limit", JSON_FIELD_INT, false, offsetof(struct dead_letter, most), 1, REDRIVE_MAX, NULL },
        { "per_minute", JSON_FIELD_INT, false, offsetof(struct dead_letter, per_minute), 1, 6000, NULL },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct dead_letter, comment), 1, 2000, NULL },
    };
    struct dead_letter *e = (struct dead_letter *)op;
    struct id tenant;

    e->most = 100;
    e->per_minute = 60;
    e->state = "open";
    if (!CALL_BODY(call_of(e), op, fields, e))
        return OP_FAIL;
    if (!id_parse(e->tenant, &tenant))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/tenant", "format", "must be a UUID", "必须是 UUID"),
               OP_FAIL;
    e->page.limit = arena_format(&op->arena, "%lld", (long long)e->most);
    return OP_NEXT;
}

static int64_t delay_of(const struct dead_letter *e, int row)
{
    return (int64_t)row * 60000 / e->per_minute;
}

static enum op_next many_mark(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (e->tenants.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such tenant", "没有这个租户"), OP_FAIL;
    e->found = 0;
    struct id tenant = tenant_id(e);
    for (int64_t ms = 0; ms <= delay_of(e, e->of[0].rows.count); ms += 60000)
        marks_note(op, call_of(e)->api->marks, &tenant, clock_now_us() + ms * 1000);
    return OP_WAIT;
}

static enum op_next many_redrive(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    const struct db_rows *rows = &e->of[0].rows;

    e->redriven = ARENA_ARRAY(&op->arena, struct redriven, (size_t)rows->count + 1);
    for (int row = 0; row < rows->count; row++)
        if (is_high(rows, row))
            high_refused(&e->redriven[row].err);
        else
            send_redrive(e, row, &e->redriven[row], delay_of(e, row));
    return OP_WAIT;
}

static enum op_next many_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    const struct db_rows *rows = &e->of[0].rows;
    json_t *done = json_array(), *skipped = json_array();
    struct id tenant = tenant_id(e);

    for (int row = 0; row < rows->count; row++) {
        struct redriven *r = &e->redriven[row];
        struct gov_err err;
        const char *id = db_text(rows, row, LETTER_ID);
        if (decided(&r->err, &err)) {
            if (delay_of(e, row) == 0)
                push(e, row, &r->successor);
            json_array_append_new(done, json_pack("{s:s, s:s}", "id", r->successor.text, "redrive_of", id));
        } else {
            json_array_append_new(skipped, json_pack("{s:s, s:s}", "id", id, "code", gov_code_info(err.code)->wire));
        }
    }
    remember(e, "dead_letter.redriven_many", tenant.text, 200,
             json_pack("{s:I, s:s*}", "count", (json_int_t)json_array_size(done), "comment", e->comment));
    call_json(call_of(e), 200, json_pack("{s:o, s:o}", "redriven", done, "skipped", skipped));
    return OP_WAIT;
}

const struct op_step dead_letter_many_steps[] = {
    { "parse", many_parse },     { "ask", ask }, { "mark", many_mark },
    { "redrive", many_redrive }, { "tell", many_tell }, { 0 }
};
const size_t dead_letter_many_bytes = sizeof(struct dead_letter);
