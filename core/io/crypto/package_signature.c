#include "core/io/crypto/package_signature.h"

#include <string.h>

#include "core/base/json.h"

const char *package_signed_name(enum package_signed state)
{
    static const char *const names[] = { NULL, "valid", "unknown_key", "wrong" };
    return names[state];
}

bool package_signed_only(const json_t *signing)
{
    return json_get_bool(signing, "only", false);
}

/* Keys may share an id by accident or on purpose: any of them will do. */
static bool verify(const struct minisign_signature *s, const json_t *keys, const char *message,
                   struct package_signature *found)
{
    struct minisign_key key;
    struct gov_err ignored;
    const json_t *one;
    bool known = false;
    size_t i;

    json_array_foreach(keys, i, one) {
        const char *text = json_get_text(one, "key");
        if (!text || !minisign_key_read(text, &key, &ignored) || strcmp(key.id, s->id) != 0)
            continue;
        known = true;
        found->name = json_get_text(one, "name");
        if (minisign_verify(s, &key, message, strlen(message)))
            return found->state = PACKAGE_SIGNED, true;
    }
    found->state = known ? PACKAGE_SIGNATURE_WRONG : PACKAGE_KEY_UNKNOWN;
    return false;
}

struct package_signature package_signature_look(const json_t *stored, const json_t *signing,
                                                const char *digest, struct arena *arena)
{
    struct package_signature found = { .state = PACKAGE_UNSIGNED, .comment = "" };
    struct minisign_signature s;
    struct gov_err ignored;
    const char *text = json_get_text(stored, "text");

    if (!text)
        return found;
    found.state = PACKAGE_SIGNATURE_WRONG;
    if (!minisign_signature_read(text, &s, &ignored))
        return found;
    found.key_id = arena_text(arena, s.id);
    if (verify(&s, json_object_get(signing, "keys"), arena_format(arena, "%s\n", digest), &found))
        found.comment = arena_text(arena, s.comment);
    return found;
}
