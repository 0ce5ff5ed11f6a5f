/* POST /v1/skills/{name}/versions/{version}/sign: a signature made elsewhere comes to a version.
 *
 *     parse -> load -> sign -> reload -> leave
 *
 * Whoever may upload may bring one: it proves itself, or is shown as what it is. A good one is not
 * replaced by one that is not.
 */
#include <string.h>

#include "api/skills/skill_row.h"
#include "api/skills/skills.h"
#include "core/base/text.h"

struct version_sign {
    struct endpoint endpoint;
    const char *name, *number, *text;
    struct minisign_signature signature;
    struct id id;
    struct db_rows rows;
};

static enum op_next parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "signature", JSON_FIELD_TEXT, true, offsetof(struct version_sign, text), 1, MINISIGN_TEXT_BYTES_MAX, NULL },
    };
    struct version_sign *e = (struct version_sign *)op;
    struct call *call = e->endpoint.call;
    int64_t number;

    e->name = call->params[0];
    e->number = call->params[1];
    if (!text_parse_i64(e->number, 1, 1000000000, &number) || !call_may_use(call, e->name))
        return version_missing(e->name, e->number, &op->err), OP_FAIL;
    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (minisign_signature_read(e->text, &e->signature, &op->err))
        return OP_NEXT;
    snprintf(op->err.path, sizeof op->err.path, "/signature");
    return OP_FAIL;
}

static enum op_next load(struct op *op)
{
    struct version_sign *e = (struct version_sign *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SHOW, &e->rows, e->name,
             e->number, NULL, "1", NULL, caller_seeing(call));
    return OP_WAIT;
}

static bool allowed(struct version_sign *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    struct arena *arena = &call->op.arena;
    struct package_signature is = version_signature(call, &e->rows, 0);
    json_t *brought = json_own(arena, json_pack("{s:s}", "text", e->text));

    if (strcmp(db_text(&e->rows, 0, VERSION_STATE), "refused") == 0)
        return gov_fail(err, GOV_CONFLICT, "version %s was refused by the check; upload a corrected package and sign that",
                        "版本 %s 未通过检查；请上传修正后的包再签名", e->number);
    if (is.state != PACKAGE_SIGNED ||
        package_signature_look(brought, db_json(&e->rows, 0, VERSION_SIGNING, arena),
                               db_text(&e->rows, 0, VERSION_DIGEST), arena).state == PACKAGE_SIGNED)
        return true;
    return gov_fail(err, GOV_CONFLICT, "version %s carries a good signature (%s), and this one is not; nothing was changed",
                    "版本 %s 已有有效签名（%s），而提交的签名无效；未做任何更改", e->number, is.name);
}

static enum op_next sign(struct op *op)
{
    struct version_sign *e = (struct version_sign *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return version_missing(e->name, e->number, &op->err), OP_FAIL;
    if (call->replay_id.text[0])
        return OP_NEXT;
    if (!allowed(e, &op->err))
        return OP_FAIL;
    e->id = db_id(&e->rows, 0, VERSION_ID);
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_VERSION_SIGN, NULL, e->id.text, e->text, e->signature.id, call->caller.user.text,
                 caller_actor(call));
    call_remember_shown(call, g, &e->id);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct version_sign *e = (struct version_sign *)op;

    if (e->rows.count == 0)
        return version_missing(e->name, e->number, &op->err), OP_FAIL;
    call_json(e->endpoint.call, 200, version_shown(e->endpoint.call, &e->rows, 0));
    return OP_DONE;
}

const struct op_step version_sign_steps[] = { { "parse", parse },   { "load", load },   { "sign", sign },
                                              { "reload", load },   { "leave", leave }, { 0 } };
const size_t version_sign_bytes = sizeof(struct version_sign);
