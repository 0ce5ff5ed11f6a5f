/* authorise.c - the styles, one function each. */
#include "worker/egress/daemon/authorise.h"

#include <sodium.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "worker/egress/secret_form.h"

#define MASK "••••"

/* --- what must not be seen --- */

static void add(struct secrets *s, const char *text)
{
    if (strlen(text) < SECRET_MASK_BYTES_MIN || s->count == SECRETS_MAX)
        return;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->texts[i], text) == 0)
            return;
    s->texts[s->count++] = text;
}

static const char *base64(const char *text, int variant, struct arena *arena)
{
    size_t bytes = strlen(text), room = sodium_base64_encoded_len(bytes, variant);
    char *out = arena_alloc(arena, room);

    sodium_bin2base64(out, room, (const unsigned char *)text, bytes, variant);
    return out;
}

static const char *percent(const char *text, struct arena *arena)
{
    struct buf out = { 0 };

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", *c))
            buf_add_char(&out, (char)*c);
        else
            buf_addf(&out, "%%%02X", *c);
    const char *copy = arena_copy(arena, buf_text(&out), out.length);
    buf_release(&out);
    return copy;
}

void secrets_add(struct secrets *secrets, const char *text, struct arena *arena)
{
    if (strlen(text) < SECRET_MASK_BYTES_MIN)
        return;
    add(secrets, text);
    add(secrets, base64(text, sodium_base64_VARIANT_ORIGINAL, arena));
    add(secrets, base64(text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, arena));
    add(secrets, base64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, arena));
}

/* The longest that begins here: one may be the start of another. */
static size_t secret_at(const struct secrets *secrets, const char *at, size_t left)
{
    size_t longest = 0;

    for (size_t i = 0; i < secrets->count; i++) {
        size_t length = secret_form_at(secrets->texts[i], at, left);
        longest = length > longest ? length : longest;
    }
    return longest;
}

const char *secrets_mask(const struct secrets *secrets, const char *text, size_t bytes, size_t *length,
                         struct arena *arena)
{
    struct buf out = { 0 };
    size_t from = 0;

    *length = bytes;
    for (size_t i = 0; i < bytes;) {
        size_t found = secret_at(secrets, text + i, bytes - i);
        if (!found) {
            i++;
            continue;
        }
        buf_add(&out, text + from, i - from);
        buf_add_text(&out, MASK);
        i += found;
        from = i;
    }
    if (!from)
        return text;
    buf_add(&out, text + from, bytes - from);
    *length = out.length;
    const char *copy = arena_copy(arena, out.data, out.length);
    buf_release(&out);
    return copy;
}

/* --- styles --- */

struct style {
    const struct resource *resource;
    const struct resource_call *call;
    const json_t *value;
    struct authorisation *out;
    struct arena *arena;
    struct gov_err *err;
};

static bool misfit(struct style *s, const char *wanted)
{
    return gov_fail(s->err, GOV_CREDENTIAL_UNAVAILABLE,
                    "the credential's value does not fit style %s, which wants %s",
                    "凭据的值不适合认证方式 %s，需要 %s", resource_auth_name(s->resource->auth), wanted);
}

static void header(struct style *s, const char *name, const char *text)
{
    json_object_set_new(s->out->headers, name, json_string(text));
    secrets_add(&s->out->secrets, text, s->arena);
}

static const char *part(struct style *s, const char *name)
{
    const char *text = json_get_text(s->value, name);

    if (text)
        secrets_add(&s->out->secrets, text, s->arena);
    return text;
}

static bool add_basic(struct style *s)
{
    const char *user = json_get_text(s->value, "username"), *password = part(s, "password");
    const char *both = json_string_value(s->value);

    if (both) {
        const char *colon = strchr(both, ':');
        if (!colon)
            return misfit(s, "username:password, or an object of both");
        secrets_add(&s->out->secrets, colon + 1, s->arena);
    } else if (user && password) {
        both = arena_format(s->arena, "%s:%s", user, password);
    } else {
        return misfit(s, "username:password, or an object of both");
    }
    const char *coded = base64(both, sodium_base64_VARIANT_ORIGINAL, s->arena);
    add(&s->out->secrets, coded);
    json_object_set_new(s->out->headers, "Authorization", json_sprintf("Basic %s", coded));
    return true;
}

static bool add_bearer(struct style *s, const char *token)
{
    if (!token)
        return misfit(s, "a text");
    secrets_add(&s->out->secrets, token, s->arena);
    json_object_set_new(s->out->headers, "Authorization", json_sprintf("Bearer %s", token));
    return true;
}

static bool add_query(struct style *s, const char *text)
{
    if (!text)
        return misfit(s, "a text");
    secrets_add(&s->out->secrets, text, s->arena);
    s->out->url = arena_format(s->arena, "%s%s%s=%s", s->out->url, strchr(s->out->url, '?') ? "&" : "?",
                               percent(s->resource->auth_name, s->arena), percent(text, s->arena));
    return true;
}

/* X-Signature: t=<seconds>,v1=<hex HMAC-SHA256 over "t.METHOD.url.body">; X-Key-Id if the credential has one. */
static bool add_hmac(struct style *s)
{
    const char *secret = json_is_string(s->value) ? json_string_value(s->value) : part(s, "secret");
    const char *key_id = json_get_text(s->value, "key_id");
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    crypto_auth_hmacsha256_state state;

    if (!secret)
        return misfit(s, "a text, or an object with secret and key_id");
    secrets_add(&s->out->secrets, secret, s->arena);
    const char *head = arena_format(s->arena, "%lld.%s.%s.", (long long)(clock_now_us() / 1000000),
                                    s->call->method, s->call->url);
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)head, strlen(head));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)s->call->body, s->call->body_bytes);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    json_object_set_new(s->out->headers, "X-Signature",
                        json_sprintf("t=%.*s,v1=%s", (int)strcspn(head, "."), head, hex));
    if (key_id)
        json_object_set_new(s->out->headers, "X-Key-Id", json_string(key_id));
    return true;
}

bool authorise(const struct resource *resource, const struct resource_call *call, const json_t *value,
               const char *access_token, struct authorisation *out, struct arena *arena, struct gov_err *err)
{
    struct style s = { resource, call, value, out, arena, err };
    const char *text = json_string_value(value);

    memset(out, 0, sizeof *out);
    out->url = call->url;
    out->headers = json_own(arena, json_copy((json_t *)call->headers));
    switch (resource->auth) {
    case AUTH_NONE:
        return true;
    case AUTH_BASIC:
        return add_basic(&s);
    case AUTH_BEARER:
        return add_bearer(&s, text);
    case AUTH_HEADER:
        if (!text)
            return misfit(&s, "a text");
        header(&s, resource->auth_name, text);
        return true;
    case AUTH_QUERY:
        return add_query(&s, text);
    case AUTH_HMAC:
        return add_hmac(&s);
    case AUTH_OAUTH2:
        part(&s, "client_secret");
        return add_bearer(&s, access_token);
    case AUTH_COUNT:
        break;
    }
    return gov_fail_cause(err, GOV_INTERNAL, "no such style");
}
