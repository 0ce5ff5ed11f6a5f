/* POST /v1/skills/{name}/versions/{version}/review, publish, yank, and /v1/skills/{name}/rollback.
 *
 *     parse -> load -> mark -> act -> learn -> reload -> leave
 *
 *     checking -> in_review -> approved -> published <-> (current or not)
 *             \-> refused  \-> rejected        \-> yanked
 *
 * The statement of an act holds only in the state it starts from, so of two people one is second. What is
 * refused is explained here, from the state that was loaded.
 */
#include <string.h>

#include "api/skills/model_build.h"
#include "api/skills/skill_read.h"
#include "api/skills/skills.h"
#include "core/base/text.h"

enum act { ACT_APPROVE, ACT_REJECT, ACT_PUBLISH, ACT_YANK, ACT_ROLLBACK };

struct version_act {
    struct endpoint endpoint;
    enum act act;
    const char *name, *number;
    const char *decision, *comment;
    int64_t version; /* rollback's */
    struct id id;    /* of the version */
    struct db_rows rows;
    struct skill_read read;
    struct queue_entry build; /* of the model, where another version runs now */
};

enum { COMMENT_BYTES_MAX = 8000 };

/* --- parse --- */

static bool number_read(struct version_act *e, const char *text, struct gov_err *err)
{
    int64_t number;

    e->name = e->endpoint.call->params[0];
    if (!text_parse_i64(text, 1, 1000000000, &number))
        return version_missing(e->name, text, err);
    e->number = arena_format(&e->endpoint.op.arena, "%lld", (long long)number);
    return true;
}

static enum op_next parse_review(struct op *op)
{
    static const char *const decisions[] = { "approve", "reject", NULL };
    static const struct json_field fields[] = {
        { "decision", JSON_FIELD_TEXT, true, offsetof(struct version_act, decision), 0, 0, decisions },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct version_act, comment), 0,
          COMMENT_BYTES_MAX, NULL },
    };
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    if (!number_read(e, call->params[1], &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    e->act = strcmp(e->decision, "approve") == 0 ? ACT_APPROVE : ACT_REJECT;
    if (e->act == ACT_REJECT && (!e->comment || !*e->comment))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/comment", "required",
                           "say why, so that the author can do better", "请说明原因，以便作者改进"),
               OP_FAIL;
    return OP_NEXT;
}

static const struct json_field comment_fields[] = {
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct version_act, comment), 0,
      COMMENT_BYTES_MAX, NULL },
};

static enum op_next parse_publish(struct op *op)
{
    struct version_act *e = (struct version_act *)op;

    e->act = ACT_PUBLISH;
    if (!number_read(e, e->endpoint.call->params[1], &op->err) ||
        !call_body(e->endpoint.call, op, comment_fields, 0, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next parse_yank(struct op *op)
{
    struct version_act *e = (struct version_act *)op;

    e->act = ACT_YANK;
    if (!number_read(e, e->endpoint.call->params[1], &op->err) ||
        !CALL_BODY(e->endpoint.call, op, comment_fields, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next parse_rollback(struct op *op)
{
    static const struct json_field fields[] = {
        { "version", JSON_FIELD_INT, true, offsetof(struct version_act, version), 1, 1000000000, NULL },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct version_act, comment), 0,
          COMMENT_BYTES_MAX, NULL },
    };
    struct version_act *e = (struct version_act *)op;

    e->act = ACT_ROLLBACK;
    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    return number_read(e, arena_format(&op->arena, "%lld", (long long)e->version), &op->err)
               ? OP_NEXT
               : OP_FAIL;
}

/* --- load and act --- */

static enum op_next load(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SHOW, &e->rows, e->name,
             e->number, NULL, "1", NULL, NULL);
    return OP_WAIT;
}

struct refusal {
    const char *state;
    enum gov_code code;
    struct gov_text next; /* what the state means, and what to do */
};

/* In any act but its own a version of these states is refused with these words. */
static const struct refusal refusals[] = {
    { "checking", GOV_CONFLICT,
      { "it is still being checked; GET it with Prefer: wait until it is in_review",
        "仍在检查中；请带 Prefer: wait 读取，直到状态为 in_review" } },
    { "refused", GOV_CONFLICT,
      { "the check refused it; its findings say why: correct the package and upload it again",
        "检查未通过；findings 说明了原因：请修正后重新上传" } },
    { "in_review", GOV_CONFLICT,
      { "it has not been reviewed; POST .../review {\"decision\":\"approve\"} or \"reject\" comes first",
        "尚未审核；请先 POST .../review {\"decision\":\"approve\"} 或 \"reject\"" } },
    { "approved", GOV_CONFLICT,
      { "it is approved and was never published; POST .../publish comes first",
        "已批准但从未发布；请先 POST .../publish" } },
    { "rejected", GOV_CONFLICT,
      { "a reviewer rejected it, and his comment says why; upload a corrected package",
        "审核人已拒绝，原因见审核意见；请上传修正后的包" } },
    { "published", GOV_CONFLICT,
      { "it was published before; POST .../rollback makes it the one that runs again",
        "该版本曾经发布；用 POST .../rollback 使其重新生效" } },
    { "yanked", GOV_VERSION_YANKED,
      { "it was withdrawn for good; upload the content again, or roll back to another version",
        "该版本已永久撤回；请重新上传，或回滚到其他版本" } },
};

static bool state_refuses(const struct version_act *e, const char *state, struct gov_err *err)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].state, state) == 0) {
            char en[GOV_DETAIL_BYTES], zh[GOV_DETAIL_BYTES];
            snprintf(en, sizeof en, "version %s of \"%s\" is %s: %s", e->number, e->name, state,
                     refusals[i].next.en);
            snprintf(zh, sizeof zh, "“%s”的版本 %s 状态为 %s：%s", e->name, e->number, state,
                     refusals[i].next.zh);
            return gov_fail(err, refusals[i].code, "%s%.0s", "%.0s%s", en, zh);
        }
    return gov_fail_cause(err, GOV_INTERNAL, "a version in state %s", state);
}

static bool review_allowed(const struct version_act *e, const char *state, struct gov_err *err)
{
    const char *by = db_text(&e->rows, 0, VERSION_REVIEWER);
    bool mine = strcmp(db_text(&e->rows, 0, VERSION_BY), e->endpoint.call->caller.user.text) == 0;

    if (db_text(&e->rows, 0, VERSION_REVIEWED))
        return gov_fail(err, GOV_ALREADY_DECIDED, "it was reviewed by %s and is %s now",
                        "已由 %s 审核，当前状态：%s", by ? by : "?", state);
    if (strcmp(state, "in_review") != 0)
        return state_refuses(e, state, err);
    if (mine && db_bool(&e->rows, 0, VERSION_FOUR_EYES))
        return gov_fail(err, GOV_SELF_CONFIRMATION,
                        "you uploaded this yourself, and somebody else has to review it: the tenant wants it so, or an action of "
                        "high risk would stop being one",
                        "这是您本人上传的，须由他人审核：租户如此要求，或某个高风险操作将不再是高风险");
    return true;
}

/* Looked at when it becomes the one that runs; what runs already goes on. */
static bool signature_allows(const struct version_act *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    struct package_signature s = version_signature(call, &e->rows, 0);

    if (s.state == PACKAGE_SIGNED || !package_signed_only(db_json(&e->rows, 0, VERSION_SIGNING, &call->op.arena)))
        return true;
    if (s.state == PACKAGE_UNSIGNED)
        return gov_fail(err, GOV_SIGNATURE_REQUIRED,
                        "this tenant runs only what a trusted key signed, and version %s is not signed: execgov skill sign %s %s FILE.minisig",
                        "本租户只运行受信任密钥签名的版本，而版本 %s 没有签名：execgov skill sign %s %s 文件.minisig",
                        e->number, e->name, e->number);
    return gov_fail(err, GOV_SIGNATURE_REQUIRED,
                    "this tenant runs only what a trusted key signed, and the signature of version %s is none of those (key %s)",
                    "本租户只运行受信任密钥签名的版本，而版本 %s 的签名不在其中（密钥 %s）", e->number,
                    s.key_id ? s.key_id : "?");
}

static bool allowed(const struct version_act *e, struct gov_err *err)
{
    const char *state = db_text(&e->rows, 0, VERSION_STATE);
    bool current = db_bool(&e->rows, 0, VERSION_CURRENT);
    bool published = strcmp(state, "published") == 0, approved = strcmp(state, "approved") == 0;

    switch (e->act) {
    case ACT_APPROVE:
    case ACT_REJECT:
        return review_allowed(e, state, err);
    case ACT_PUBLISH:
        if (approved)
            return signature_allows(e, err);
        break;
    case ACT_YANK:
        if (approved || published)
            return true;
        if (strcmp(state, "yanked") == 0)
            return gov_fail(err, GOV_ALREADY_DONE, "it was withdrawn before", "该版本此前已撤回");
        return state_refuses(e, state, err);
    case ACT_ROLLBACK:
        if (published && !current)
            return signature_allows(e, err);
        break;
    }
    if (current)
        return gov_fail(err, GOV_ALREADY_DONE, "version %s is the one that runs already",
                        "版本 %s 已是当前生效的版本", e->number);
    return state_refuses(e, state, err);
}

static void add_act(struct version_act *e, struct db_group *g)
{
    struct call *call = e->endpoint.call;
    const char *id = e->id.text, *user = call->caller.user.text, *actor = caller_actor(call);

    switch (e->act) {
    case ACT_APPROVE:
    case ACT_REJECT:
        DB_GROUP_ADD(g, SQL_QUERIES_VERSION_REVIEW, NULL, id,
                     e->act == ACT_APPROVE ? "approved" : "rejected", e->comment, user, actor);
        break;
    case ACT_PUBLISH:
        DB_GROUP_ADD(g, SQL_QUERIES_VERSION_PUBLISH, NULL, id, user, actor);
        break;
    case ACT_YANK:
        DB_GROUP_ADD(g, SQL_QUERIES_VERSION_YANK, NULL, id, e->comment, user, actor);
        break;
    case ACT_ROLLBACK:
        DB_GROUP_ADD(g, SQL_QUERIES_VERSION_ROLLBACK, NULL, id, e->comment, user, actor);
        break;
    }
}

static bool changes_what_runs(const struct version_act *e)
{
    return e->act == ACT_PUBLISH || e->act == ACT_YANK || e->act == ACT_ROLLBACK;
}

static enum op_next mark(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    if (changes_what_runs(e))
        marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
}

static enum op_next act(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return version_missing(e->name, e->number, &op->err), OP_FAIL;
    e->id = db_id(&e->rows, 0, VERSION_ID);
    if (call->replay_id.text[0])
        return OP_NEXT;
    if (!allowed(e, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    add_act(e, g);
    if (changes_what_runs(e))
        model_build_add(call, g, &e->build);
    call_remember_shown(call, g, &e->id);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next learn(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    model_build_push(op, e->endpoint.call, &e->build);
    return OP_WAIT;
}

/* --- answer --- */

static enum op_next reload(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    if (e->act == ACT_PUBLISH || e->act == ACT_ROLLBACK) {
        skill_read(op, call, e->name, &e->read);
        return OP_WAIT;
    }
    return load(op);
}

static enum op_next leave(struct op *op)
{
    struct version_act *e = (struct version_act *)op;
    struct call *call = e->endpoint.call;

    if (e->act == ACT_PUBLISH || e->act == ACT_ROLLBACK)
        skill_read_leave(call, &e->read);
    else
        call_json(call, 200, version_shown(call, &e->rows, 0));
    return OP_DONE;
}

#define ACT_STEPS(name, parse)                                                                     \
    const struct op_step name##_steps[] = { { "parse", parse },   { "load", load },                \
                                            { "mark", mark },     { "act", act },                  \
                                            { "learn", learn },   { "reload", reload },            \
                                            { "leave", leave },   { 0 } };                         \
    const size_t name##_bytes = sizeof(struct version_act)

ACT_STEPS(version_review, parse_review);
ACT_STEPS(version_publish, parse_publish);
ACT_STEPS(version_yank, parse_yank);
ACT_STEPS(skill_rollback, parse_rollback);
