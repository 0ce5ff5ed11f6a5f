/* minisign.c - base64 lines taken apart, and libsodium asked. */
#include "core/io/crypto/minisign.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

/* What follows the two letters of the algorithm in both kinds of line. */
enum { ALGORITHM_BYTES = 2, LINE_BYTES_MAX = 1024 };

static bool decode(const char *line, size_t length, uint8_t *into, size_t bytes)
{
    size_t got = 0;
    const char *end;

    return sodium_base642bin(into, bytes, line, length, NULL, &got, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == bytes && end == line + length;
}

/* The id is a number in little-endian order, and printed as one. */
static void id_write(const uint8_t id[MINISIGN_ID_BYTES], char text[MINISIGN_ID_TEXT_BYTES])
{
    for (int i = 0; i < MINISIGN_ID_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02X", id[MINISIGN_ID_BYTES - 1 - i]);
}

/* The next line without its end; false when there is none left. */
static bool line_next(const char **text, const char **line, size_t *length)
{
    if (!**text)
        return false;
    *line = *text;
    size_t whole = strcspn(*text, "\n");
    *text += whole + ((*text)[whole] == '\n');
    *length = whole > 0 && (*line)[whole - 1] == '\r' ? whole - 1 : whole;
    return *length < LINE_BYTES_MAX;
}

bool minisign_key_read(const char *text, struct minisign_key *key, struct gov_err *err)
{
    uint8_t raw[ALGORITHM_BYTES + MINISIGN_ID_BYTES + 32];
    const char *line;
    size_t length;

    while (line_next(&text, &line, &length)) {
        if (length == 0 || text_starts(line, "untrusted comment:"))
            continue;
        if (!decode(line, length, raw, sizeof raw) || memcmp(raw, "Ed", 2) != 0)
            break;
        id_write(raw + ALGORITHM_BYTES, key->id);
        memcpy(key->key, raw + ALGORITHM_BYTES + MINISIGN_ID_BYTES, sizeof key->key);
        return true;
    }
    return gov_fail(err, GOV_INVALID_INPUT,
                    "this is no public key of minisign; give the line of minisign.pub that begins with RW",
                    "这不是 minisign 公钥；请提供 minisign.pub 中以 RW 开头的一行");
}

static bool signature_line(const char *line, size_t length, struct minisign_signature *s)
{
    uint8_t raw[ALGORITHM_BYTES + MINISIGN_ID_BYTES + 64];

    if (!decode(line, length, raw, sizeof raw) || raw[0] != 'E' || (raw[1] != 'd' && raw[1] != 'D'))
        return false;
    s->hashed = raw[1] == 'D';
    id_write(raw + ALGORITHM_BYTES, s->id);
    memcpy(s->signature, raw + ALGORITHM_BYTES + MINISIGN_ID_BYTES, sizeof s->signature);
    return true;
}

static bool comment_line(const char *line, size_t length, struct minisign_signature *s)
{
    static const char begin[] = "trusted comment: ";
    size_t skip = sizeof begin - 1;

    if (length < skip || memcmp(line, begin, skip) != 0 || length - skip >= sizeof s->comment ||
        !text_utf8_valid(line + skip, length - skip))
        return false;
    memcpy(s->comment, line + skip, length - skip);
    s->comment[length - skip] = 0;
    return true;
}

bool minisign_signature_read(const char *text, struct minisign_signature *s, struct gov_err *err)
{
    const char *line[4];
    size_t length[4];
    int count = 0;

    memset(s, 0, sizeof *s);
    while (count < 4 && line_next(&text, &line[count], &length[count]))
        count++;
    return (count == 4 && text_starts(line[0], "untrusted comment:") && signature_line(line[1], length[1], s) &&
            comment_line(line[2], length[2], s) && decode(line[3], length[3], s->global, sizeof s->global)) ||
           gov_fail(err, GOV_INVALID_INPUT,
                    "this is no signature of minisign; give the whole .minisig file: minisign -S -m FILE",
                    "这不是 minisign 签名；请提供完整的 .minisig 文件：minisign -S -m 文件");
}

bool minisign_verify(const struct minisign_signature *s, const struct minisign_key *key, const void *message,
                     size_t bytes)
{
    uint8_t hash[crypto_generichash_BYTES_MAX], both[64 + MINISIGN_COMMENT_BYTES];
    size_t comment = strlen(s->comment);

    if (strcmp(s->id, key->id) != 0)
        return false;
    if (s->hashed) {
        crypto_generichash(hash, sizeof hash, message, bytes, NULL, 0);
        message = hash;
        bytes = sizeof hash;
    }
    memcpy(both, s->signature, 64);
    memcpy(both + 64, s->comment, comment);
    return crypto_sign_verify_detached(s->signature, message, bytes, key->key) == 0 &&
           crypto_sign_verify_detached(s->global, both, 64 + comment, key->key) == 0;
}
