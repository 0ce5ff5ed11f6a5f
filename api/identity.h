/* identity.h - who a token is, remembered for a moment, so that not every request asks the database.
 *
 * A token that was revoked elsewhere works on for at most IDENTITY_FRESH_MS; every act of a person or
 * of the platform on this process (logout, revoke, a changed role) drops all of them at once, and an
 * answer of the database that was under way meanwhile is not kept.
 */
#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/caller.h"
#include "core/base/arena.h"

enum { IDENTITY_FRESH_MS = 3000 };

struct identities;

/* Held by a call until its arena goes. */
struct identity {
    struct caller caller;
    const char *csrf_hash; /* of a session */
};

struct identities *identities_new(void);
void identities_free(struct identities *identities);

/* NULL: not known, or too long ago. It lives as long as `arena`. */
const struct identity *identity_find(struct identities *identities, const char *token_hash,
                                     struct arena *arena);
/* Remember what the database said. `epoch`: identities_epoch when it was asked. */
void identity_keep(struct identities *identities, unsigned epoch, const struct caller *caller,
                   const char *csrf_hash);
unsigned identities_epoch(const struct identities *identities);
void identities_drop(struct identities *identities);

#endif
