/* A signature file, a zero byte, a public key: what is read is text within its bounds, and no pair of them signs a
 * message that nobody signed. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/io/crypto/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void id_check(const char *id)
{
    CHECK(strlen(id) == MINISIGN_ID_TEXT_BYTES - 1);
    for (; *id; id++)
        CHECK(isxdigit((unsigned char)*id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct minisign_signature signature;
    struct minisign_key key;
    struct gov_err err = { 0 };

    if (bytes > 2 * MINISIGN_TEXT_BYTES_MAX)
        return 0;
    char *text = malloc(bytes + 1);
    CHECK(text);
    memcpy(text, data, bytes);
    text[bytes] = 0;
    size_t first = strlen(text);
    const char *second = first < bytes ? text + first + 1 : "";
    bool signature_read = minisign_signature_read(text, &signature, &err);
    bool key_read = minisign_key_read(second, &key, &err);
    if (signature_read) {
        id_check(signature.id);
        CHECK(memchr(signature.comment, 0, sizeof signature.comment));
        CHECK(text_utf8_valid(signature.comment, strlen(signature.comment)));
    } else {
        CHECK(err.code == GOV_INVALID_INPUT);
    }
    if (key_read)
        id_check(key.id);
    if (signature_read && key_read)
        CHECK(!minisign_verify(&signature, &key, "nobody signed this", 18));
    free(text);
    return 0;
}
