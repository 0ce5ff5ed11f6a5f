#include "core/store/queue_script.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"

static const char needs[] = "--!needs";

static const struct embedded *part_find(const char *name, size_t bytes)
{
    char full[64];
    snprintf(full, sizeof full, "part_%.*s", (int)bytes, name);
    for (const struct embedded *e = lua_functions; e->name; e++)
        if (strcmp(e->name, full) == 0)
            return e;
    CHECK(!"the part a script needs");
    return NULL;
}

void queue_script_text(enum lua_functions script, struct buf *text)
{
    const struct embedded *file = &lua_functions[script];
    const char *p = file->text;

    CHECK(strncmp(p, needs, sizeof needs - 1) == 0);
    for (p += sizeof needs - 1; *p == ' ';) {
        size_t bytes = strcspn(++p, " \n");
        const struct embedded *part = part_find(p, bytes);
        buf_add(text, part->text, part->bytes);
        p += bytes;
    }
    buf_add(text, file->text, file->bytes);
}

void queue_script_sha(const struct buf *text, char sha[QUEUE_SHA_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    CHECK(EVP_Digest(text->data, text->length, digest, &length, EVP_sha1(), NULL) == 1);
    CHECK(length == (QUEUE_SHA_BYTES - 1) / 2);
    for (unsigned i = 0; i < length; i++)
        snprintf(sha + 2 * i, 3, "%02x", digest[i]);
}
