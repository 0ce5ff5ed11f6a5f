/* authorise.c - the styles, one function each. */
#include "worker/egress/daemon/call/authorise.h"

#include <sodium.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"

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
    const char *coded = secret_base64(both, s->arena);
    secrets_add_exact(&s->out->secrets, coded);
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
                               secret_percent(s->resource->auth_name, s->arena), secret_percent(text, s->arena));
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
