/* secrets.c - a value in the forms in which it may come back. */
#include "worker/egress/secrets.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/egress/secret_form.h"

#define MASK "••••"

/* --- adding --- */

void secrets_add_exact(struct secrets *s, const char *text)
{
    if (strlen(text) < SECRET_MASK_BYTES_MIN)
        return;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->texts[i], text) == 0)
            return;
    s->full = s->full || s->count == SECRETS_MAX;
    if (!s->full)
        s->texts[s->count++] = text;
}

bool secrets_fit(const struct secrets *secrets, struct gov_err *err)
{
    return !secrets->full ||
           gov_fail(err, GOV_INVALID_INPUT, "it has more than %d sensitive texts; what cannot be masked is not run",
                    "敏感文本超过 %d 个；无法全部掩码，故不予运行", SECRET_VALUES_MAX);
}

static const char *base64(const char *text, int variant, struct arena *arena)
{
    size_t bytes = strlen(text), room = sodium_base64_encoded_len(bytes, variant);
    char *out = arena_alloc(arena, room);

    sodium_bin2base64(out, room, (const unsigned char *)text, bytes, variant);
    return out;
}

const char *secret_percent(const char *text, struct arena *arena)
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

const char *secret_base64(const char *text, struct arena *arena)
{
    return base64(text, sodium_base64_VARIANT_ORIGINAL, arena);
}

/* As it stands between the quotes of a JSON text; `ascii`: as those write it who trust no other byte. */
static const char *quoted(const char *text, bool ascii, struct arena *arena)
{
    json_t *string = json_string(text);
    char *whole = string ? json_dumps(string, JSON_ENCODE_ANY | (ascii ? JSON_ENSURE_ASCII : 0)) : NULL;
    const char *inside = whole ? arena_copy(arena, whole + 1, strlen(whole) - 2) : text;

    free(whole);
    json_decref(string);
    return inside;
}

void secrets_add(struct secrets *secrets, const char *text, struct arena *arena)
{
    if (strlen(text) < SECRET_MASK_BYTES_MIN)
        return;
    secrets_add_exact(secrets, text);
    secrets_add_exact(secrets, base64(text, sodium_base64_VARIANT_ORIGINAL, arena));
    secrets_add_exact(secrets, base64(text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, arena));
    secrets_add_exact(secrets, base64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, arena));
    secrets_add_exact(secrets, secret_percent(text, arena));
    secrets_add_exact(secrets, quoted(text, false, arena));
    secrets_add_exact(secrets, quoted(text, true, arena));
}

void secrets_add_json(struct secrets *secrets, const json_t *value, struct arena *arena)
{
    const char *name;
    json_t *member;
    size_t i;

    if (json_is_string(value))
        secrets_add(secrets, json_string_value(value), arena);
    else if (json_is_number(value))
        secrets_add_exact(secrets, json_text(arena, value));
    json_object_foreach ((json_t *)value, name, member)
        secrets_add_json(secrets, member, arena);
    json_array_foreach (value, i, member)
        secrets_add_json(secrets, member, arena);
}

/* --- masking --- */

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

size_t secrets_tail(const struct secrets *secrets, const char *text, size_t bytes)
{
    size_t most = 0;

    for (size_t i = 0; i < secrets->count; i++) {
        size_t length = strlen(secrets->texts[i]);
        for (size_t n = length - 1 < bytes ? length - 1 : bytes; n > most; n--)
            if (memcmp(secrets->texts[i], text + bytes - n, n) == 0)
                most = n;
    }
    return most;
}

static json_t *masked(const struct secrets *secrets, const json_t *json, struct arena *arena)
{
    json_t *copy, *member;
    const char *name;
    size_t i, length;

    if (json_is_string(json)) {
        const char *text =
            secrets_mask(secrets, json_string_value(json), json_string_length(json), &length, arena);
        return json_stringn(text, length);
    }
    if (json_is_object(json)) {
        copy = json_object();
        json_object_foreach ((json_t *)json, name, member) {
            const char *text = secrets_mask(secrets, name, strlen(name), &length, arena);
            json_object_set_new(copy, arena_copy(arena, text, length), masked(secrets, member, arena));
        }
        return copy;
    }
    if (!json_is_array(json))
        return json_incref((json_t *)json);
    copy = json_array();
    json_array_foreach (json, i, member)
        json_array_append_new(copy, masked(secrets, member, arena));
    return copy;
}

json_t *secrets_mask_json(const struct secrets *secrets, json_t *json, struct arena *arena)
{
    return json && secrets->count ? json_own(arena, masked(secrets, json, arena)) : json;
}

static void mask_in(const struct secrets *secrets, char *text, size_t room, struct arena *arena)
{
    size_t length;
    const char *shown = secrets_mask(secrets, text, strlen(text), &length, arena);

    if (shown == text)
        return;
    length = text_utf8_cut(shown, length, room - 1);
    memcpy(text, shown, length);
    text[length] = 0;
}

void secrets_mask_error(const struct secrets *secrets, struct gov_err *err, struct arena *arena)
{
    if (!secrets->count)
        return;
    mask_in(secrets, err->en, sizeof err->en, arena);
    mask_in(secrets, err->zh, sizeof err->zh, arena);
}
