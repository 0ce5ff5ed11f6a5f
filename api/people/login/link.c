#include "api/people/login/link.h"

#include <string.h>

#include "api/audit.h"

static const char invite_days[] = "7", reset_days[] = "1";

static const char *days(const struct link *link)
{
    return strcmp(link->kind, "reset") == 0 ? reset_days : invite_days;
}

void link_add(struct db_group *group, struct call *call, struct link *link, const char *kind,
              const struct id *id, const char *tenant, const char *email, const char *role)
{
    link->kind = kind;
    crypto_token_new(strcmp(kind, "reset") == 0 ? "egr_" : "egi_", link->token);
    DB_GROUP_ADD(group, SQL_QUERIES_INVITATION_INSERT, &link->made, id->text,
                 crypto_sha256_bytea(&call->op.arena, link->token), kind, tenant, email, role,
                 audit_actor(call), days(link));
}

void link_renew(struct db_group *group, struct call *call, struct link *link, const struct id *id)
{
    link->kind = "invite";
    crypto_token_new("egi_", link->token);
    DB_GROUP_ADD(group, SQL_QUERIES_INVITATION_RENEW, &link->made, id->text, audit_tenant(call),
                 crypto_sha256_bytea(&call->op.arena, link->token), days(link));
}

/* The token is in the fragment: no server, and no log of one, sees it when the page is opened. */
json_t *link_json(struct call *call, struct link *link)
{
    const char *base = call->api->settings.public_url;
    const char *page = strcmp(link->kind, "reset") == 0 ? "reset" : "invite";
    const char *url =
        *base ? arena_format(&call->op.arena, "%s/%s#%s", base, page, link->token) :
                arena_format(&call->op.arena, "http://%s/%s#%s", call->api->settings.listen, page,
                             link->token);

    return json_pack("{s:s, s:s, s:s}", "token", link->token, "url", url, "expires_at",
                     db_text(&link->made, 0, 0));
}

void link_find(struct op *op, struct call *call, const char *token, const char *kind,
               struct db_rows *rows)
{
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_INVITATION_FIND, rows,
             crypto_sha256_bytea(&op->arena, token), kind, audit_actor(call));
}

bool link_holds(const struct db_rows *rows, struct gov_err *err)
{
    if (rows->count == 0)
        return gov_fail(err, GOV_NOT_FOUND,
                        "this link is unknown; is it complete? ask for a new one",
                        "该链接无效；请检查是否完整，或索取新的链接");
    if (!db_bool(rows, 0, 5))
        return gov_fail(err, GOV_EXPIRED, "this link was used or is too old; ask for a new one",
                        "该链接已使用或已过期；请索取新的链接");
    return true;
}
