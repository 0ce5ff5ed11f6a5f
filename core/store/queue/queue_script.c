#include "core/store/queue/queue_script.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
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

void queue_script_load(enum lua_functions script, struct redis_script *into)
{
    const struct embedded *file = &lua_functions[script];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    struct buf text = { 0 };
    const char *p = file->text;

    CHECK(strncmp(p, needs, sizeof needs - 1) == 0);
    for (p += sizeof needs - 1; *p == ' ';) {
        size_t bytes = strcspn(++p, " \n");
        const struct embedded *part = part_find(p, bytes);
        buf_add(&text, part->text, part->bytes);
        p += bytes;
    }
    buf_add(&text, file->text, file->bytes);
    CHECK(EVP_Digest(text.data, text.length, digest, &digest_bytes, EVP_sha1(), NULL) == 1);
    CHECK(digest_bytes == (sizeof into->sha - 1) / 2);
    for (unsigned i = 0; i < digest_bytes; i++)
        snprintf(into->sha + 2 * i, 3, "%02x", digest[i]);
    into->text = text.data; /* the buffer's memory is the script's now */
    into->bytes = text.length;
}

void queue_script_free(struct redis_script *script)
{
    free((char *)script->text);
    script->text = NULL;
}
