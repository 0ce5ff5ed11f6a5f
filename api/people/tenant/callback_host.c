/* /v1/callback-hosts: the whitelist of where results may be sent, and the secrets they are signed with. */
#include <ctype.h>
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/people/people.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/crypto/seal_json.h"

struct callback_host {
    struct endpoint endpoint;
    struct page page;
    const char *host;
    const char *secret; /* base64 of 32 bytes */
    struct gov_err failed;
    const char *sealed; /* the envelope of it, as JSON */
    struct db_rows key, rows;
};

static const struct json_field fields[] = {
    { "host", JSON_FIELD_TEXT, true, offsetof(struct callback_host, host), 1, 253, NULL },
};

/* --- list --- */

/* Labels of letters, digits and dashes, at least two; the last one not a number: no address literal. */
static bool host_form(const char *host)
{
    int labels = 0;

    for (const char *label = host;; label++) {
        size_t length = strcspn(label, ".");
        if (length < 1 || length > 63 || label[0] == '-' || label[length - 1] == '-')
            return false;
        for (size_t i = 0; i < length; i++)
            if (!isascii(label[i]) || (!isalnum((unsigned char)label[i]) && label[i] != '-'))
                return false;
        labels++;
        if (!label[length])
            return labels > 1 && !isdigit((unsigned char)label[0]);
        label += length;
    }
}

static enum op_next list(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_WORDS, &e->page, &op->err))
        return OP_FAIL;
    if (e->page.before && !host_form(e->page.before))
        return page_cursor_refuse(&op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_CALLBACK_HOST_PAGE, &e->rows,
             e->page.before, e->page.limit, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step callback_host_list_steps[] = { { "list", list }, { "leave", list_leave },
                                                    { 0 } };
const size_t callback_host_list_bytes = sizeof(struct callback_host);

/* --- create --- */

/* Names that mean this machine or this network wherever they are asked. What a name points to is
 * checked again at every delivery. */
static bool host_internal(const char *host)
{
    static const char *const ends[] = { "localhost", ".localdomain", ".local", ".internal",
                                        ".lan",      ".home.arpa",   NULL };
    for (const char *const *end = ends; *end; end++)
        if (text_ends(host, *end))
            return true;
    return strspn(host, "0123456789.") == strlen(host) || strchr(host, ':') || host[0] == '[';
}

static bool host_check(struct callback_host *e, struct arena *arena, struct gov_err *err)
{
    char *host = arena_text(arena, e->host);

    for (char *c = host; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    e->host = host;
    if (host_internal(host))
        return gov_fail_at(err, GOV_ADDRESS_REFUSED, "/host", "internal",
                           "addresses and internal names are not called back; give a public name",
                           "不能回调 IP 地址或内部名称；请填写公网域名");
    return host_form(host) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/host", "format",
                       "must be a host name like hooks.example.com, without scheme, port and path",
                       "须为形如 hooks.example.com 的主机名，不含协议、端口和路径");
}

/* 32 random bytes as base64: HMAC under a random key is as random as the key. */
static const char *secret_new(struct arena *arena)
{
    char key[CRYPTO_TOKEN_BYTES];
    crypto_token_new("", key);
    return crypto_hmac_base64(arena, key, strlen(key), "whsec", 5);
}

static enum op_next key(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    struct call *call = e->endpoint.call;

    db_query(op, call->api->db, &call->caller.scope, SQL_QUERIES_SEAL_KEY_GET, &e->key, 0, NULL);
    return OP_WAIT;
}

/* Who made it sees it once; from then on only execgov-egress can. */
static bool secret_make(struct callback_host *e, struct arena *arena, struct gov_err *err)
{
    struct seal_target target;
    struct sealed sealed;

    e->secret = secret_new(arena);
    if (e->key.count == 0 || !seal_target_read(db_text(&e->key, 0, 0), db_text(&e->key, 0, 1), &target))
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE,
                        "the secret that signs callbacks is only kept sealed, and no key to seal it to was "
                        "published; an administrator of the platform starts execgov-egress with a key file",
                        "回调签名密钥须封装后保存，而平台尚未发布封装密钥；请平台管理员以密钥文件启动 execgov-egress");
    if (!seal_make(&target, seal_callback_context(e->endpoint.call->caller.scope.schema, e->host, arena), e->secret,
                   strlen(e->secret), arena, &sealed, err))
        return false;
    e->sealed = json_text(arena, json_own(arena, seal_json(&sealed)));
    return true;
}

static enum op_next change(struct op *op, enum sql_queries query, const char *action, int status)
{
    struct callback_host *e = (struct callback_host *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation", action,
                             "callback_host", e->host };

    if (query != SQL_QUERIES_CALLBACK_HOST_DELETE && !secret_make(e, &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    if (query == SQL_QUERIES_CALLBACK_HOST_INSERT)
        DB_GROUP_ADD(g, query, NULL, e->host, e->sealed, call->caller.user.text);
    else if (query == SQL_QUERIES_CALLBACK_HOST_ROTATE)
        DB_GROUP_ADD(g, query, NULL, e->host, e->sealed);
    else
        DB_GROUP_ADD(g, query, NULL, e->host);
    audit_add_inside(g, call, &row, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_CALLBACK_HOST_PAGE, &e->rows, NULL, "1", e->host);
    call->status = status;
    call_remember(call, g);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next create(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e) || !host_check(e, &op->arena, &op->err))
        return OP_FAIL;
    return change(op, SQL_QUERIES_CALLBACK_HOST_INSERT, "callback_host.allowed", 201);
}

static bool failed(struct callback_host *e, struct gov_err *err)
{
    if (e->failed.code == GOV_CONFLICT && strcmp(e->failed.item, "callback_host_pk") == 0)
        gov_fail_at(err, GOV_CONFLICT, "/host", "known",
                    "is allowed already; rotate its secret if you need a new one",
                    "已在允许列表中；如需新密钥请轮换");
    else if (e->failed.code == GOV_NOT_FOUND)
        gov_fail(err, GOV_NOT_FOUND, "this host is not on the list", "该主机不在列表中");
    else if (e->failed.code)
        *err = e->failed;
    return e->failed.code != GOV_OK;
}

static enum op_next secret_leave(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    struct call *call = e->endpoint.call;

    if (failed(e, &op->err))
        return OP_FAIL;
    json_t *answer = json_copy(db_json(&e->rows, 0, 1, &op->arena));
    json_object_set_new(answer, "secret", json_sprintf("whsec_%s", e->secret));
    call_json(call, call->status, answer);
    return OP_DONE;
}

const struct op_step callback_host_create_steps[] = { { "key", key }, { "create", create },
                                                      { "leave", secret_leave }, { 0 } };
const size_t callback_host_create_bytes = sizeof(struct callback_host);

/* --- rotate and delete --- */

static enum op_next rotate(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    e->host = e->endpoint.call->params[0];
    return change(op, SQL_QUERIES_CALLBACK_HOST_ROTATE, "callback_host.secret_rotated", 200);
}

const struct op_step callback_host_rotate_steps[] = { { "key", key }, { "rotate", rotate },
                                                      { "leave", secret_leave }, { 0 } };
const size_t callback_host_rotate_bytes = sizeof(struct callback_host);

static enum op_next take_out(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;
    e->host = e->endpoint.call->params[0];
    return change(op, SQL_QUERIES_CALLBACK_HOST_DELETE, "callback_host.removed", 204);
}

static enum op_next take_out_leave(struct op *op)
{
    struct callback_host *e = (struct callback_host *)op;

    if (failed(e, &op->err))
        return OP_FAIL;
    call_empty(e->endpoint.call);
    return OP_DONE;
}

const struct op_step callback_host_delete_steps[] = { { "take_out", take_out },
                                                      { "leave", take_out_leave }, { 0 } };
const size_t callback_host_delete_bytes = sizeof(struct callback_host);
