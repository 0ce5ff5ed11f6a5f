/* webhook.c - the event as JSON, signed as Standard Webhooks say: webhook-id is the same over repeats, time and
 * signature are new each time. */
#include <sodium.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "worker/egress/daemon/message/message.h"

enum { SECRET_BYTES_MAX = 128 };

static bool form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const char *secret = message_secret(m, "secret");
    unsigned char key[SECRET_BYTES_MAX];
    size_t bytes = 0;

    if (secret && text_starts(secret, "whsec_"))
        secret += strlen("whsec_");
    if (!secret || sodium_base642bin(key, sizeof key, secret, strlen(secret), NULL, &bytes, NULL,
                                     sodium_base64_VARIANT_ORIGINAL) != 0 || bytes < 16)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE,
                        "the channel needs a credential: \"whsec_\" and at least 16 bytes in base64",
                        "该渠道需要凭据：“whsec_”加上至少 16 字节的 base64");
    const char **headers = ARENA_ARRAY(arena, const char *, 4);
    const char *timestamp = arena_format(arena, "%lld", (long long)(m->now_us / 1000000));
    message_post(m, m->settings.url, json_incref((json_t *)m->event), headers);
    const char *said = arena_format(arena, "%s.%s.%s", m->id, timestamp, m->exchange.body);
    headers[0] = arena_format(arena, "webhook-id: %s", m->id);
    headers[1] = arena_format(arena, "webhook-timestamp: %s", timestamp);
    headers[2] = arena_format(arena, "webhook-signature: v1,%s",
                              crypto_hmac_base64(arena, key, bytes, said, strlen(said)));
    sodium_memzero(key, sizeof key);
    message_post(m, m->settings.url, json_incref((json_t *)m->event), headers);
    return true;
}

const struct message_kind message_webhook = { "webhook", "chat", form, NULL };
