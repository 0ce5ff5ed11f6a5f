/* auth.c - tokens name their own kind: "egs_" a session, "ega_" an api token.
 *
 * Only SHA-256 hashes are stored and compared; a token has 256 random bits, so
 * nothing slower is needed. Every failure says the same.
 */
#include "api/auth.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/io/crypto/crypto.h"

static const char cookie_name[] = "execgov_session=";

static const char *cookie_token(struct call *call)
{
    const char *cookie = http_request_header(call->request, "cookie");

    while (cookie && *cookie) {
        while (*cookie == ' ' || *cookie == ';')
            cookie++;
        size_t bytes = strcspn(cookie, ";");
        if (text_starts(cookie, cookie_name))
            return arena_copy(&call->op.arena, cookie + sizeof cookie_name - 1,
                              bytes - (sizeof cookie_name - 1));
        cookie += bytes;
    }
    return NULL;
}

static bool unauthenticated(struct gov_err *err)
{
    return gov_fail(err, GOV_UNAUTHENTICATED,
                    "the token is missing, expired, revoked or unknown; log in again",
                    "令牌缺失、已过期、已吊销或无效；请重新登录");
}

const char *auth_token(struct call *call)
{
    const char *header = http_request_header(call->request, "authorization");

    if (!header)
        return cookie_token(call);
    return strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : NULL;
}

bool auth_begin(struct call *call, bool *sent, struct gov_err *err)
{
    const char *token = auth_token(call);

    *sent = false;
    /* Who logs in is not refused over the cookie of an old session, which his browser sends by itself. */
    if (call->route->access == ACCESS_ANYBODY && !http_request_header(call->request, "authorization"))
        return true;
    if (!token)
        return !http_request_header(call->request, "authorization") ||
               gov_fail(err, GOV_UNAUTHENTICATED, "the Authorization header must be \"Bearer <token>\"",
                        "Authorization 请求头必须是“Bearer <令牌>”");
    bool session = text_starts(token, "egs_");
    if ((!session && !text_starts(token, "ega_")) || strlen(token) > CRYPTO_TOKEN_BYTES)
        return unauthenticated(err);
    call->caller.kind = session ? CALLER_SESSION : CALLER_TOKEN;
    call->caller.token_hash = crypto_sha256_bytea(&call->op.arena, token);
    call->identity = identity_find(call->api->identities, call->caller.token_hash, &call->op.arena);
    if (call->identity)
        return true;
    call->identity_epoch = identities_epoch(call->api->identities);
    DB_QUERY(&call->op, call->api->db, &DB_PUBLIC,
             session ? SQL_QUERIES_SESSION_FIND : SQL_QUERIES_API_TOKEN_FIND, &call->rows,
             call->caller.token_hash);
    *sent = true;
    return true;
}

static bool safe_method(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* A browser sends cookies by itself: an act needs a header that only our own pages can set. */
static bool csrf_holds(struct call *call, const char *expected)
{
    const char *sent = http_request_header(call->request, "x-csrf-token");

    if (http_request_header(call->request, "authorization") || safe_method(call->request->method))
        return true;
    if (!sent || !expected)
        return false;
    return strcmp(crypto_sha256_bytea(&call->op.arena, sent), expected) == 0;
}

static bool csrf_refused(struct gov_err *err)
{
    return gov_fail(err, GOV_CSRF, "send the X-CSRF-Token header you were given at login",
                    "请发送登录时获得的 X-CSRF-Token 请求头");
}

/* One role of a tenant, or all of the platform's, the first of them the one that is named. */
static bool roles_read(const char *text, struct caller *c)
{
    char name[32];
    enum role role;

    c->role = ROLE_NONE;
    c->more_roles = 0;
    while (text && *text) {
        size_t bytes = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)bytes, text);
        if (!role_parse(name, &role) || (c->role != ROLE_NONE && !role_is_platform(role)))
            return false;
        if (c->role == ROLE_NONE)
            c->role = role;
        else
            c->more_roles |= 1u << role;
        text += bytes + (text[bytes] == ',');
    }
    return c->role != ROLE_NONE;
}

bool auth_identify(struct call *call, struct gov_err *err)
{
    struct caller *c = &call->caller;
    const struct db_rows *r = &call->rows;
    struct arena *arena = &call->op.arena;

    if (call->identity) {
        *c = call->identity->caller;
        return csrf_holds(call, call->identity->csrf_hash) || csrf_refused(err);
    }

    if (r->count != 1)
        return unauthenticated(err);
    c->token = db_id(r, 0, 0);
    c->user = db_id(r, 0, 1);
    c->email = db_text(r, 0, 2);
    c->name = db_text(r, 0, 3);
    c->tenant = db_id(r, 0, 4);
    c->tenant_name = db_text(r, 0, 5);
    c->tenant_state = db_text(r, 0, 6);
    c->suspended_code = db_text(r, 0, 15);
    c->suspended_since = db_text(r, 0, 16);
    c->scope = DB_PUBLIC;
    if (!id_empty(&c->tenant))
        c->scope = db_scope_tenant(db_text(r, 0, 7), (int)db_int(r, 0, 8));
    c->timezone = db_text(r, 0, 9);
    c->locale = db_text(r, 0, 10);
    /* No longer a member of this tenant; without a tenant one may still take an invitation. */
    if (!roles_read(db_text(r, 0, 11), c) && !id_empty(&c->tenant))
        return unauthenticated(err);
    if (!csrf_holds(call, db_text(r, 0, 12)))
        return csrf_refused(err);
    if (c->kind == CALLER_TOKEN) {
        const char *const *scopes = json_text_list(db_json(r, 0, 13, arena), arena);
        if (!scopes || !policy_scopes_parse(scopes, &c->scopes, err))
            return unauthenticated(err);
        c->skills = json_text_list(db_json(r, 0, 14, arena), arena);
    }
    identity_keep(call->api->identities, call->identity_epoch, c, db_text(r, 0, 12));
    return true;
}

/* The role of his that has the permission; else the one he is named by. */
static enum role role_for(const struct caller *c, enum permission permission)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if ((c->more_roles & (1u << role)) && !policy_may(c->role, permission) &&
            policy_may((enum role)role, permission))
            return (enum role)role;
    return c->role;
}

static bool may(const struct caller *c, enum permission permission)
{
    enum role role = role_for(c, permission);

    return c->kind == CALLER_TOKEN ? policy_token_may(role, c->scopes, permission) : policy_may(role, permission);
}

bool call_may(struct call *call, enum permission permission, struct gov_err *err)
{
    if (may(&call->caller, permission))
        return true;
    return policy_refuse(role_for(&call->caller, permission), call->caller.kind == CALLER_TOKEN, permission, err);
}

bool call_may_use(const struct call *call, const char *skill)
{
    return policy_token_names(call->caller.skills, skill);
}

/* What happened, since when, and how it ends: by paying, or by asking who suspended it. */
static bool suspended(const struct caller *c, struct gov_err *err)
{
    const char *why = c->suspended_code ? c->suspended_code : "suspended";
    const char *since = c->suspended_since ? c->suspended_since : "-";

    if (strcmp(why, "subscription_expired") == 0)
        return gov_fail_at(err, GOV_TENANT_SUSPENDED, "tenant", why,
                           "the subscription ended at %s: reading, downloads and paying still work, everything else "
                           "goes on as soon as the renewal is paid (GET /v1/subscription, /v1/orders)",
                           "订阅已于 %s 到期停用：仍可查看、下载和付款；续费到账后立即恢复"
                           "（GET /v1/subscription、/v1/orders）",
                           since);
    return gov_fail_at(err, GOV_TENANT_SUSPENDED, "tenant", why,
                       "this tenant is suspended since %s: reading still works, everything else waits until it is "
                       "resumed; ask whoever runs this platform",
                       "该租户自 %s 起停用：仍可读取，其他操作须待恢复；请联系平台管理员", since);
}

bool auth_authorise(struct call *call, struct gov_err *err)
{
    const struct caller *c = &call->caller;

    switch (call->route->access) {
    case ACCESS_ANYBODY:
        return true;
    case ACCESS_LOGGED_IN:
        return c->kind != CALLER_NOBODY || unauthenticated(err);
    case ACCESS_PLATFORM:
        if (c->kind == CALLER_NOBODY)
            return unauthenticated(err);
        if (!role_is_platform(c->role))
            return gov_fail(err, GOV_NOT_FOUND,
                            "this is the platform's, and your login is of a tenant; whoever has a role of the "
                            "platform uses POST /v1/login {\"tenant\": \"platform\"}",
                            "这属于平台，而您登录的是租户；拥有平台角色者请使用 "
                            "POST /v1/login {\"tenant\": \"platform\"}");
        return call_may(call, call->route->permission, err);
    case ACCESS_TENANT:
        break;
    }
    if (c->kind == CALLER_NOBODY)
        return unauthenticated(err);
    if (id_empty(&c->tenant))
        return gov_fail(err, GOV_FORBIDDEN,
                        "this is a tenant's, and your login is of the platform; use POST /v1/login {\"tenant\": ID}",
                        "这属于租户，而您登录的是平台；请使用 POST /v1/login {\"tenant\": ID}");
    if (strcmp(c->tenant_state, "active") != 0 && !safe_method(call->request->method) &&
        !call->route->while_suspended)
        return suspended(c, err);
    return call_may(call, call->route->permission, err);
}

bool auth_still_reads(const struct db_rows *rows, enum caller_kind kind, const struct id *tenant,
                      bool *reads_all, struct arena *arena)
{
    struct caller c = { .kind = kind };
    struct gov_err ignored;

    if (rows->count != 1 || strcmp(db_id(rows, 0, 4).text, tenant->text) != 0 ||
        !role_parse(db_text(rows, 0, 11) ? db_text(rows, 0, 11) : "", &c.role))
        return false;
    if (kind == CALLER_TOKEN) {
        const char *const *scopes = json_text_list(db_json(rows, 0, 13, arena), arena);
        if (!scopes || !policy_scopes_parse(scopes, &c.scopes, &ignored))
            return false;
    }
    *reads_all = may(&c, MAY_READ_ALL_RUNS);
    return may(&c, MAY_READ_OWN_RUNS);
}
