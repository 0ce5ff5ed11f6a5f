/* name.c - a slug from whatever a package is called. */
#include <ctype.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/model/skill/manifest.h"

static const char *const archive_ends[] = { ".tar.gz", ".tgz", ".tar", ".zip", ".py", ".sh" };

const char *skill_name_derive(const char *package_name, struct arena *arena)
{
    const char *slash = strrchr(package_name, '/');
    const char *base = slash && slash[1] ? slash + 1 : package_name;
    size_t bytes = strlen(base);
    char slug[64];
    size_t used = 0;

    for (size_t i = 0; i < sizeof archive_ends / sizeof *archive_ends; i++) {
        size_t end = strlen(archive_ends[i]);
        if (bytes > end && strcasecmp(base + bytes - end, archive_ends[i]) == 0) {
            bytes -= end;
            break;
        }
    }
    for (size_t i = 0; i < bytes && used < 60; i++) {
        unsigned char c = (unsigned char)base[i];
        if (c < 0x80 && (isalpha(c) || (used && (isdigit(c) || c == '_'))))
            slug[used++] = (char)tolower(c);
        else if (used && slug[used - 1] != '-')
            slug[used++] = '-';
    }
    while (used && slug[used - 1] == '-')
        used--;
    slug[used] = 0;
    if (text_slug_valid(slug))
        return arena_text(arena, slug);

    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)base, strlen(base));
    return arena_format(arena, "skill-%02x%02x%02x%02x", hash[0], hash[1], hash[2], hash[3]);
}
