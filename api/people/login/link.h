/* link.h - links that work once: to join, or to set a new password. */
#ifndef API_PEOPLE_LOGIN_LINK_H
#define API_PEOPLE_LOGIN_LINK_H

#include "api/call.h"
#include "core/io/crypto/crypto.h"

struct link {
    char token[CRYPTO_TOKEN_BYTES];
    const char *kind;    /* "invite" or "reset" */
    struct db_rows made; /* when it ends */
};

/* Make a link and add its row. `tenant` and `role` are NULL for one's own tenant and for a reset. The days it
 * holds: 7 to join, 1 to reset. */
void link_add(struct db_group *group, struct call *call, struct link *link, const char *kind,
              const struct id *id, const char *tenant, const char *email, const char *role);
/* A new token for the invitation `id`; link->made has no row if there is none to renew. */
void link_renew(struct db_group *group, struct call *call, struct link *link, const struct id *id);

/* {token, url, expires_at}: answered once, to whoever made it. */
json_t *link_json(struct call *call, struct link *link);

/* Look up a link that somebody holds: rows of sql/queries/invitation_find.sql. */
void link_find(struct op *op, struct call *call, const char *token, const char *kind,
               struct db_rows *rows);
/* NOT_FOUND for an unknown link, EXPIRED for a used or old one. */
bool link_holds(const struct db_rows *rows, struct gov_err *err);

#endif
