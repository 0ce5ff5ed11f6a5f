/* session.h - opening a session and answering with it: login, register and accepting an invitation. */
#ifndef API_PEOPLE_LOGIN_SESSION_H
#define API_PEOPLE_LOGIN_SESSION_H

#include "api/call.h"
#include "core/io/crypto/crypto.h"

struct session_new {
    char token[CRYPTO_TOKEN_BYTES];
    char csrf[CRYPTO_TOKEN_BYTES];
    struct db_rows made, person;
};

/* Add the session's row to `group` (public scope) after the rows it points to, and read what the answer
 * shows. `tenant` NULL or "": a session without a tenant. `csrf`: a browser's session. */
void session_add(struct db_group *group, struct call *call, struct session_new *session,
                 const char *user, const char *tenant, bool csrf);

/* After the group: answer {token, expires_at, user, tenant, tenants}, with cookies if `csrf`. */
void session_answer(struct call *call, struct session_new *session, int status, bool csrf);

/* Set-Cookie headers that make the browser forget. */
void session_forget(struct call *call);

/* SESSION_REQUIRED unless a person who logged in is calling. */
bool session_needed(struct call *call, struct gov_err *err);

#endif
