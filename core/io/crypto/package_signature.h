/* package_signature.h - who signed a version, as far as the tenant's trusted keys can tell.
 *
 * What is signed is the version's digest as a line: 64 lower-case hexadecimal digits and a newline. The
 * digest is the SHA-256 of the archive, so that this signs the archive without carrying it.
 */
#ifndef CORE_IO_CRYPTO_PACKAGE_SIGNATURE_H
#define CORE_IO_CRYPTO_PACKAGE_SIGNATURE_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/io/crypto/minisign.h"

enum package_signed { PACKAGE_UNSIGNED, PACKAGE_SIGNED, PACKAGE_KEY_UNKNOWN, PACKAGE_SIGNATURE_WRONG };

struct package_signature {
    enum package_signed state;
    const char *key_id;  /* NULL: unsigned */
    const char *name;    /* of the trusted key; NULL: none */
    const char *comment; /* what the signer wrote, covered by the signature where it is good; "" otherwise */
};

/* `stored`: skill_version.signature, {"text": …} or NULL. `signing`: the setting, {"keys": [{name, key, id}],
 * "only": bool} or NULL. Texts live in the arena. */
struct package_signature package_signature_look(const json_t *stored, const json_t *signing,
                                                const char *digest, struct arena *arena);

/* "valid", "unknown_key", "wrong"; NULL: unsigned. */
const char *package_signed_name(enum package_signed state);

/* Does the tenant publish what a trusted key signed, and nothing else? */
bool package_signed_only(const json_t *signing);

#endif
