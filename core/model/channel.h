/* channel.h - the kinds of ways out for messages, and what is set for each.
 *
 *     smtp      host, port [587], security starttls|tls|none [starttls], from, from_name, ca (PEM)
 *               credential {username, password}, none for a relay that wants none
 *     webhook   url; credential: the secret, "whsec_" and base64 (Standard Webhooks)
 *     wecom     credential: the key of the robot's address
 *     feishu    credential {token, secret}: the last part of the robot's address, and its signing secret
 *     dingtalk  credential {token, secret}: access_token, and the signing secret ("SEC…")
 *     sms       url, provider [http], template; credential: a bearer token
 *
 * A robot's `url` may be set where it is reached through a proxy of one's own; a secret never stands in it.
 */
#ifndef CORE_MODEL_CHANNEL_H
#define CORE_MODEL_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* NULL-terminated. */
extern const char *const channel_kinds[];

struct channel_settings {
    const char *host, *security, *from, *from_name, *ca; /* smtp */
    int64_t port;
    const char *url;                                     /* the rest */
    const char *provider, *template;                     /* sms */
};
/* Take `settings` (NULL: {}) apart, with defaults. Texts are `settings`'s own. False: INVALID_INPUT. */
bool channel_settings_read(const char *kind, const json_t *settings, struct channel_settings *read, struct arena *arena,
                           struct gov_err *err);

/* Is it an address a message of this kind can go to: a mail address, a phone number, whom a robot mentions ("-":
 * nobody by name), a webhook's "-"? False: INVALID_INPUT at `path`. */
bool channel_endpoint_check(const char *kind, const char *endpoint, const char *path, struct gov_err *err);

#endif
