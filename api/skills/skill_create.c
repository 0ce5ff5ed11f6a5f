/* POST /v1/skills: a package comes in.
 *
 *     receive -> recall -> find_same -> mark -> insert -> enqueue -> wait -> load -> leave
 *
 * File, skill, version, job and audit are one transaction; the check itself is a job of kind task that only
 * a worker with a sandbox does. Its request_id is the version's id, so that its end is told to who watches
 * that id. The same content again answers the version there is, and its bytes are not kept twice.
 */
#include <string.h>

#include "api/files/receive.h"
#include "api/runs/show/settle_wait.h"
#include "api/skills/skill_row.h"
#include "api/skills/skill_slot.h"
#include "api/skills/skills.h"
#include "core/base/text.h"
#include "core/model/job.h"

enum { WAIT_S = 20, CHECK_TIMEOUT_MS = 120000, CHECK_ATTEMPTS = 5 };

struct skill_create {
    struct endpoint endpoint;
    struct receive receive;
    const char *name;
    struct id version;
    const char *number;
    bool known; /* this content was here before, or this key */
    struct gov_err fault; /* the upload is not wanted: its bytes go, then this is answered */
    struct db_rows same, made, rows;
    struct queue_entry entry;
    struct settle_wait wait;
};

static enum op_next receive(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;

    if (!id_empty(&e->endpoint.call->replay_id)) /* somebody was first with this key */
        return OP_NEXT;
    e->receive.part = "package";
    e->receive.field = "name";
    receive_body(op, &e->receive, e->endpoint.call);
    return OP_WAIT;
}

static enum op_next recall(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    const struct receive *r = &e->receive;

    if (!id_empty(&e->endpoint.call->replay_id))
        return OP_NEXT;
    const char *body = arena_format(&op->arena, "%s\n%s\n%s", r->name, r->value ? r->value : "",
                                    r->stored.sha256);
    call_find_answer(op, e->endpoint.call, body, strlen(body));
    return OP_WAIT;
}

/* What the package is to be called, and whether the caller may. */
static bool name_it(struct skill_create *e, struct gov_err *err)
{
    const char *wanted = e->receive.value;

    if (wanted && *wanted && !text_slug_valid(wanted))
        return gov_fail_at(err, GOV_INVALID_INPUT, "name", "format",
                           "a skill's name has 1 to 63 of a-z, 0-9, _ and -, and begins with a letter",
                           "技能名称由 1 到 63 个 a-z、0-9、_、- 组成，并以字母开头");
    e->name = wanted && *wanted ? wanted : skill_name_derive(e->receive.name, &e->endpoint.op.arena);
    return call_may_use(e->endpoint.call, e->name) ||
           gov_fail(err, GOV_FORBIDDEN, "this token may not touch the skill \"%s\"",
                    "该令牌不能操作技能“%s”", e->name);
}

static enum op_next find_same(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;
    bool received = id_empty(&call->replay_id);

    if (received && (!call_answer_again(call, &e->fault) ||
                     (id_empty(&call->replay_id) && !name_it(e, &e->fault)))) {
        file_store_remove(op, call->api->files, &e->receive.id);
        return OP_WAIT;
    }
    if (id_empty(&call->replay_id)) {
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SAME, &e->same, e->name,
                 e->receive.stored.sha256);
        return OP_WAIT;
    }
    e->version = call->replay_id;
    if (received)
        file_store_remove(op, call->api->files, &e->receive.id);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_NAMED, &e->made,
             e->version.text);
    return OP_WAIT;
}

static enum op_next mark(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;

    if (e->fault.code) {
        op->err = e->fault;
        return OP_FAIL;
    }
    e->known = e->same.count > 0 || call->replayed;
    if (call->replayed && e->made.count) {
        e->name = db_text(&e->made, 0, 0);
        e->number = db_text(&e->made, 0, 1);
    } else if (e->same.count) {
        e->number = db_text(&e->same, 0, 0);
        e->version = db_id(&e->same, 0, 1);
        file_store_remove(op, call->api->files, &e->receive.id);
    } else {
        marks_note(op, call->api->marks, &call->caller.tenant, 0);
    }
    return OP_WAIT;
}

/* --- insert --- */

static void add_check(struct skill_create *e, struct db_group *g)
{
    struct call *call = e->endpoint.call;
    struct arena *arena = &e->endpoint.op.arena;
    struct job_payload payload = { .task = "package_check" };
    struct id job = id_new();

    payload.arguments = json_own(arena, json_pack("{s:s}", "version", e->version.text));
    e->entry = queue_entry_new(call->caller.scope.schema, LANE_CTL, CLASS_INTERACTIVE, JOB_TASK, job,
                               job_cost_unknown_ms(CHECK_TIMEOUT_MS));
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, e->entry.kind, e->entry.lane,
                 e->entry.class, e->version.text,
                 json_text(arena, job_payload_encode(&payload, arena)), NULL, NULL,
                 arena_format(arena, "%d", CHECK_ATTEMPTS),
                 arena_format(arena, "%d", CHECK_TIMEOUT_MS), call->caller.user.text, NULL,
                 caller_actor(call));
}

static enum op_next insert(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;
    const struct receive *r = &e->receive;
    const char *user = call->caller.user.text, *actor = caller_actor(call);

    if (call->replayed || (e->known && !call->idempotency_key))
        return OP_NEXT;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    db_group_tolerate(g, &e->fault);
    if (e->known) { /* nothing is made, but this key is this answer's from now on */
        call_remember_shown(call, g, &e->version);
        db_group_send(g);
        return OP_WAIT;
    }
    struct id skill = id_new();
    e->version = id_new();
    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_INSERT, NULL, r->id.text, "package", r->name,
                 arena_format(&op->arena, "%lld", (long long)r->stored.bytes), r->stored.sha256,
                 r->media_type, user, actor);
    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_ENSURE, NULL, skill.text, e->name, user, actor);
    DB_GROUP_ADD(g, SQL_QUERIES_VERSION_INSERT, &e->made, e->version.text, e->name,
                 r->stored.sha256, r->id.text, user, actor);
    add_check(e, g);
    call_remember_shown(call, g, &e->version);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next enqueue(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;

    if (e->fault.code && !e->known)
        file_store_remove(op, e->endpoint.call->api->files, &e->receive.id);
    if (e->fault.code)
        return OP_WAIT;
    if (e->known)
        return OP_NEXT;
    e->number = db_text(&e->made, 0, 0);
    queue_shards_push(op, &e->endpoint.call->api->queues, &e->entry, 1);
    return OP_WAIT;
}

/* --- wait and answer --- */

static bool checked(const char *state)
{
    return strcmp(state, "checking") != 0;
}

static enum op_next wait_for_it(struct op *op)
{
    static const struct settle_kind kind = { SQL_QUERIES_VERSION_STATE_GET, checked, 0, NULL };
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;

    if (e->fault.code) {
        op->err = e->fault;
        skill_slot_explain(&op->err);
        return OP_FAIL;
    }
    if (!e->known || call->replayed)
        settle_wait_kind(op, &e->wait, call, &e->version, &kind, &e->version,
                         settle_wait_seconds(call, WAIT_S));
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SHOW, &e->rows, e->name,
             e->number, NULL, "1", NULL, NULL);
    return OP_WAIT;
}

/* The findings that refuse it, each with its place: what problem+json carries as `errors`. */
static enum op_next refuse(struct skill_create *e)
{
    struct op *op = &e->endpoint.op;
    const json_t *findings = db_json(&e->rows, 0, VERSION_FINDINGS, &op->arena);
    struct gov_err_item *items = ARENA_ARRAY(&op->arena, struct gov_err_item,
                                             json_array_size(findings) + 1);
    const json_t *finding;
    size_t i, count = 0;

    json_array_foreach (findings, i, finding) {
        const json_t *message = json_object_get(finding, "message");
        const char *en = json_get_text(message, "en"), *zh = json_get_text(message, "zh");
        const char *path = json_get_text(finding, "path");
        if (strcmp(json_get_text(finding, "severity"), "error") != 0)
            continue;
        if (json_is_string(message))
            en = zh = json_string_value(message);
        items[count++] = (struct gov_err_item){ path ? path : "", json_get_text(finding, "code"),
                                                { en ? en : "", zh ? zh : "" } };
    }
    gov_fail(&op->err, GOV_FINDINGS,
             "version %s of \"%s\" was refused by the check; correct what is listed and upload it again",
             "版本 %s（“%s”）未通过检查；请修正所列问题后重新上传", e->number, e->name);
    op->err.items = items;
    op->err.item_count = count;
    return OP_FAIL;
}

static enum op_next leave(struct op *op)
{
    struct skill_create *e = (struct skill_create *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return version_missing(e->name, e->number, &op->err), OP_FAIL;
    if (strcmp(db_text(&e->rows, 0, VERSION_STATE), "refused") == 0)
        return refuse(e);
    http_reply_header(call->request, "Location",
                      arena_format(&op->arena, "/v1/skills/%s/versions/%s", e->name, e->number));
    if (http_request_header(call->request, "prefer") && !e->known)
        http_reply_header(call->request, "Preference-Applied",
                          arena_format(&op->arena, "wait=%lld",
                                       (long long)settle_wait_seconds(call, WAIT_S)));
    call_json(call, e->known && !call->replayed ? 200 : 201, version_shown(call, &e->rows, 0));
    return OP_DONE;
}

const struct op_step skill_create_steps[] = {
    { "receive", receive }, { "recall", recall },   { "find_same", find_same },
    { "mark", mark },       { "insert", insert },   { "enqueue", enqueue },
    { "wait", wait_for_it }, { "load", load },      { "leave", leave },
    { 0 }
};
const size_t skill_create_bytes = sizeof(struct skill_create);
