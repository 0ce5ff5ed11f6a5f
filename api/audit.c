#include "api/audit.h"

#include <string.h>

#include "api/peer.h"
#include "core/base/text.h"

enum { USER_AGENT_BYTES_MAX = 200 };

const char *audit_tenant(const struct call *call)
{
    return id_empty(&call->caller.tenant) ? NULL : call->caller.tenant.text;
}

const char *audit_actor(const struct call *call)
{
    return id_empty(&call->caller.user) ? NULL : call->caller.user.text;
}

static const char *actor_kind(const struct call *call, const struct audit_row *row)
{
    if (!row->actor)
        return "anonymous";
    return call->caller.kind == CALLER_TOKEN ? "token" : "user";
}

static const char *detail_text(struct call *call, json_t *detail)
{
    return detail ? json_text(&call->op.arena, json_own(&call->op.arena, detail)) : NULL;
}

void audit_add(struct db_group *group, struct call *call, const struct audit_row *row,
               json_t *detail)
{
    DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_ADD, NULL, row->tenant, row->actor,
                 actor_kind(call, row), row->kind, row->action, row->subject_kind, row->subject,
                 detail_text(call, detail));
}

void audit_add_inside(struct db_group *group, struct call *call, const struct audit_row *row,
                      json_t *detail)
{
    DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, row->actor, actor_kind(call, row),
                 row->kind, row->action, row->subject_kind, row->subject,
                 detail_text(call, detail));
}

void audit_remember(struct db_group *group, struct call *call, int status)
{
    const char *user = call->caller.user.text, *route = call->route->pattern;
    const char *code = arena_format(&call->op.arena, "%d", status);

    if (!call->idempotency_key || call->caller.kind == CALLER_NOBODY)
        return;
    if (audit_tenant(call))
        DB_GROUP_ADD(group, SQL_QUERIES_IDEMPOTENCY_ADD, NULL, audit_tenant(call), user, route,
                     call->idempotency_key, call->body_hash, code, NULL);
    else
        DB_GROUP_ADD(group, SQL_QUERIES_IDEMPOTENCY_INSERT_PUBLIC, NULL, user, route,
                     call->idempotency_key, call->body_hash, code, NULL);
}

json_t *audit_origin(struct call *call)
{
    const char *agent = http_request_header(call->request, "user-agent");
    const char *shown = NULL;

    if (agent && text_utf8_valid(agent, strlen(agent)))
        shown = arena_copy(&call->op.arena, agent,
                           text_utf8_cut(agent, strlen(agent), USER_AGENT_BYTES_MAX));
    const char *ip = call_peer(call);
    return json_pack("{s:s, s:s?}", "ip", ip ? ip : http_request_peer(call->request), "user_agent", shown);
}
