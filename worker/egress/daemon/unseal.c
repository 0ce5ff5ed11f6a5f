/* unseal.c - load -> open, then the answer. */
#include "worker/egress/daemon/unseal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/io/crypto/seal_json.h"
#include "core/model/sealed_value.h"

struct unseal {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    struct db_rows rows;
    json_t *opened;
};

static enum op_next load(struct op *op)
{
    struct unseal *u = (struct unseal *)op;
    struct session *s = u->session;

    DB_QUERY(op, s->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_INPUT, &u->rows, s->schema, s->job.text, s->fence,
             s->token);
    return OP_WAIT;
}

static bool open_one(struct unseal *u, const struct sealed_place *place, struct gov_err *err)
{
    struct session *s = u->session;
    struct arena *arena = &u->op.arena;
    struct sealed sealed = seal_json_read(place->sealed);
    char *text;
    size_t bytes;

    if (!seal_open(s->egress->ring, &sealed, seal_input_context(s->tenant.text, s->skill, place->path, arena), arena,
                   &text, &bytes, err))
        return false;
    json_t *value = json_loadb(text, bytes, JSON_DECODE_ANY, NULL);
    seal_wipe(text, bytes);
    if (!value)
        return gov_fail_cause(err, GOV_CREDENTIAL_UNAVAILABLE, "what was sealed is no JSON"), false;
    json_own(&s->arena, value);
    secrets_add_json(&s->opened, value, &s->arena);
    json_object_set(u->opened, place->path, value);
    return secrets_fit(&s->opened, err);
}

static enum op_next open_all(struct op *op)
{
    struct unseal *u = (struct unseal *)op;
    const json_t *input = u->rows.count ? db_json(&u->rows, 0, 0, &op->arena) : NULL;
    struct sealed_place *places;

    if (!json_is_object(input))
        return gov_fail(&op->err, GOV_STALE, "the run is not live", "该运行已失效"), OP_FAIL;
    size_t count = sealed_value_list(input, &op->arena, &places);
    u->opened = json_own(&op->arena, json_object());
    for (size_t i = 0; i < count; i++)
        if (!open_one(u, &places[i], &op->err))
            return gov_err_context(&op->err, "the input %s", places[i].path), OP_FAIL;
    return OP_DONE;
}

static const struct op_step steps[] = { { "load", load }, { "open", open_all }, { 0 } };

static void ended(struct op *op)
{
    struct unseal *u = (struct unseal *)op;
    struct session *s = u->session;
    char *body = op->failed ? NULL : json_dumps(u->opened, JSON_COMPACT);
    size_t bytes = body ? strlen(body) : 0;
    json_t *answer = op->failed
                         ? json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(op->err.code)->wire, "detail",
                                     "en", gov_err_detail(&op->err, GOV_EN), "zh", gov_err_detail(&op->err, GOV_ZH))
                         : json_pack("{s:I}", "opened", (json_int_t)json_object_size(u->opened));

    if (op->failed)
        log_error(LEVEL_WARN, "input.not_opened", &op->err);
    if (s->control && answer)
        channel_send(s->control, answer, body, bytes, -1);
    json_decref(answer);
    if (body)
        seal_wipe(body, bytes);
    free(body);
    channel_frame_free(u->frame);
    op_release(op);
    free(u);
    if (s->control)
        channel_resume(s->control);
    session_left(s);
}

void unseal_start(struct session *session, struct channel_frame *frame)
{
    struct unseal *u = calloc(1, sizeof *u);

    CHECK(u);
    op_init(&u->op, "unseal", steps, session->egress->loop, ended);
    u->session = session;
    u->frame = frame;
    op_start(&u->op);
}
