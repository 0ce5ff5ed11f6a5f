#include "api/people/login/session.h"

#include <string.h>

#include "api/audit.h"
#include "api/peer.h"
#include "core/base/text.h"

void session_add(struct db_group *group, struct call *call, struct session_new *session,
                 const char *user, const char *tenant, bool csrf)
{
    struct arena *arena = &call->op.arena;
    struct id id = id_new();
    json_t *origin = json_own(arena, audit_origin(call));
    int64_t seconds = call->api->settings.session_hours * 3600;

    if (tenant && !*tenant)
        tenant = NULL;
    crypto_token_new("egs_", session->token);
    crypto_token_new("egc_", session->csrf);
    DB_GROUP_ADD(group, SQL_QUERIES_SESSION_INSERT, &session->made,
                 crypto_sha256_bytea(arena, session->token), id.text, user, tenant,
                 csrf ? crypto_sha256_bytea(arena, session->csrf) : NULL,
                 arena_format(arena, "%lld", (long long)seconds),
                 json_get_text(origin, "user_agent"), call_peer(call));
    DB_GROUP_ADD(group, SQL_QUERIES_SESSION_PERSON, &session->person, user, tenant);
}

/* Secure only where the browser comes by https: it would drop the cookie otherwise. */
static const char *cookie_end(struct call *call)
{
    return text_starts(call->api->settings.public_url, "https:") ? "; SameSite=Strict; Secure" :
                                                                   "; SameSite=Strict";
}

static void cookies_set(struct call *call, const char *token, const char *csrf, int64_t seconds)
{
    struct arena *arena = &call->op.arena;

    http_reply_header(call->request, "Set-Cookie",
                      arena_format(arena, "execgov_session=%s; Path=/; Max-Age=%lld; HttpOnly%s",
                                   token, (long long)seconds, cookie_end(call)));
    http_reply_header(call->request, "Set-Cookie",
                      arena_format(arena, "execgov_csrf=%s; Path=/; Max-Age=%lld%s", csrf,
                                   (long long)seconds, cookie_end(call)));
}

void session_forget(struct call *call)
{
    cookies_set(call, "", "", 0);
}

void session_answer(struct call *call, struct session_new *session, int status, bool csrf)
{
    struct arena *arena = &call->op.arena;
    json_t *answer = json_pack(
        "{s:s, s:s, s:O, s:O?, s:O}", "token", session->token, "expires_at",
        db_text(&session->made, 0, 0), "user", db_json(&session->person, 0, 0, arena), "tenant",
        db_json(&session->person, 0, 1, arena), "tenants", db_json(&session->person, 0, 2, arena));

    if (!json_object_get(answer, "tenant"))
        json_object_set_new(answer, "tenant", json_null());
    if (csrf) {
        json_object_set_new(answer, "csrf_token", json_string(session->csrf));
        cookies_set(call, session->token, session->csrf,
                    call->api->settings.session_hours * 3600);
    }
    call_json(call, status, answer);
}

bool session_needed(struct call *call, struct gov_err *err)
{
    return call->caller.kind == CALLER_SESSION ||
           gov_fail(err, GOV_SESSION_REQUIRED,
                    "this needs a person who has logged in; an API token is not enough",
                    "此操作需要人员登录后进行，API 令牌不可用");
}
