#include "api/people/tenant/signing.h"

#include <stdio.h>
#include <string.h>

#include "api/people/person.h"
#include "core/base/json.h"
#include "core/io/crypto/minisign.h"

static bool name_taken(const json_t *kept, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(kept, i, one)
        if (strcmp(json_get_text(one, "name"), name) == 0)
            return true;
    return false;
}

static bool key_add(size_t i, const json_t *one, json_t *kept, struct gov_err *err)
{
    const char *name = json_get_text(one, "name"), *text = json_get_text(one, "key");
    struct minisign_key key;
    char path[64];

    name = name ? name : "";
    text = text ? text : "";
    snprintf(path, sizeof path, "/signing_keys/%zu/name", i);
    if (!person_name_check(name, path, err))
        return false;
    if (name_taken(kept, name))
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "duplicate", "two keys have this name", "该名称重复");
    if (!minisign_key_read(text, &key, err)) {
        snprintf(err->path, sizeof err->path, "/signing_keys/%zu/key", i);
        return false;
    }
    json_array_append_new(kept, json_pack("{s:s, s:s, s:s}", "name", name, "key", text, "id", key.id));
    return true;
}

json_t *signing_keys_read(const json_t *given, struct gov_err *err)
{
    json_t *kept = json_array();
    const json_t *one;
    size_t i;
    bool good = json_is_array(given) && json_array_size(given) <= SIGNING_KEYS_MAX;

    if (!good)
        gov_fail_at(err, GOV_INVALID_INPUT, "/signing_keys", "type", "must be a list of at most %d {name, key}",
                    "须为列表，最多 %d 项 {name, key}", SIGNING_KEYS_MAX);
    for (i = 0; good && i < json_array_size(given); i++) {
        one = json_array_get(given, i);
        good = key_add(i, one, kept, err);
    }
    if (good)
        return kept;
    json_decref(kept);
    return NULL;
}
