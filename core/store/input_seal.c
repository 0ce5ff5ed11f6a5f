#include "core/store/input_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_pointer.h"
#include "core/io/crypto/seal.h"
#include "core/io/crypto/seal_json.h"
#include "core/model/plan/show.h"
#include "core/model/sealed_value.h"

static bool is_mask(const json_t *value)
{
    return json_is_string(value) && strcmp(json_string_value(value), PLAN_MASK) == 0;
}

static bool is_file(const struct schema_found *found)
{
    const char *format = json_get_text(found->schema, "format");
    return format && strcmp(format, "file") == 0;
}

static json_t *make(const struct input_seal *seal, const struct seal_target *target, const char *path,
                    const json_t *value, struct arena *arena, struct gov_err *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t bytes = strlen(text);
    struct sealed sealed;
    bool good = seal_make(target, seal_input_context(seal->tenant->text, seal->skill, path, arena), text, bytes,
                          arena, &sealed, err);

    seal_wipe(text, bytes);
    free(text);
    if (!good) {
        gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/input%s", path), "max_length",
                    "a sensitive value has at most %d bytes", "敏感值最多 %d 字节", SEAL_VALUE_BYTES_MAX);
        return NULL;
    }
    return json_pack("{s:o}", SEALED_MEMBER, seal_json(&sealed));
}

static bool seal_one(const struct input_seal *seal, const struct seal_target *target, json_t *input,
                     const char *path, struct arena *arena, struct gov_err *err)
{
    json_t *value = json_pointer_get(input, path, arena);

    if (!value || json_is_null(value) || sealed_value_is(value))
        return true;
    if (is_mask(value))
        return gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/input%s", path), "mask",
                           "\"%s\" is what is shown in the place of a value; give the value", "“%s”只是掩码；请给出实际值",
                           PLAN_MASK);
    if (!target)
        return gov_fail_at(err, GOV_CREDENTIAL_UNAVAILABLE, arena_format(arena, "/input%s", path), "no_key",
                           "it is sensitive and is only taken sealed, and no key to seal it to was published; an "
                           "administrator of the platform starts execgov-egress with a key file",
                           "该输入为敏感值，须封装后保存，而平台尚未发布封装密钥；请平台管理员以密钥文件启动 execgov-egress");
    json_t *sealed = make(seal, target, path, value, arena, err);
    return sealed && json_pointer_replace(input, path, sealed, arena);
}

/* Is `path` that of something found, or inside it? */
static bool found_at(const struct schema_found *found, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(found[i].path);
        if (strncmp(path, found[i].path, bytes) == 0 && (path[bytes] == 0 || path[bytes] == '/'))
            return true;
    }
    return false;
}

bool input_seal_part(const struct input_seal *seal, const struct schema *schema, json_t *input, struct arena *arena,
                     struct gov_err *err)
{
    const struct schema_found *found;
    struct gov_err why;
    size_t count;

    memset(&why, 0, sizeof why);
    if (!schema_find(schema, input, SCHEMA_MARK_SENSITIVE, arena, &found, &count, err))
        return false;
    if (!schema_validate_sealed(schema, input, arena, &why))
        for (size_t i = 0; i < why.item_count; i++)
            if (found_at(found, count, why.items[i].path)) {
                gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/inputs%s", why.items[i].path),
                            why.items[i].code, "%s", "%s", why.items[i].message.en);
                snprintf(err->zh, sizeof err->zh, "%s", why.items[i].message.zh);
                return false;
            }
    return input_seal(seal, input, found, count, arena, err);
}

bool input_seal(const struct input_seal *seal, json_t *input, const struct schema_found *found, size_t count,
                struct arena *arena, struct gov_err *err)
{
    struct seal_target target;
    bool has = seal_target_read(json_get_text(seal->key, "id"), json_get_text(seal->key, "key"), &target);
    const char *name;
    json_t *value;
    void *next;

    for (size_t i = 0; i < count; i++) {
        if (is_file(&found[i]))
            continue;
        if (*found[i].path) {
            if (!seal_one(seal, has ? &target : NULL, input, found[i].path, arena, err))
                return false;
            continue;
        }
        /* "": the whole input is sensitive, member by member */
        json_object_foreach_safe (input, next, name, value)
            if (!seal_one(seal, has ? &target : NULL, input, json_path_exact(arena, "", name), arena, err))
                return false;
    }
    return true;
}

/* A value that each slot of a schedule computes anew. */
static bool is_computed(json_t *value)
{
    return json_object_get(value, "$fire") != NULL;
}

json_t *input_seal_copy(const json_t *raw, const json_t *sealed, struct arena *arena)
{
    struct sealed_place *places;
    size_t count = sealed_value_list(sealed, arena, &places);
    json_t *copy = json_own(arena, json_deep_copy(raw));

    for (size_t i = 0; i < count; i++)
        if (!is_computed(json_pointer_get(copy, places[i].path, arena)))
            json_pointer_replace(copy, places[i].path, json_pack("{s:O}", SEALED_MEMBER, places[i].sealed), arena);
    return copy;
}

json_t *input_seal_keep(json_t *given, const json_t *kept, struct arena *arena)
{
    struct sealed_place *places;
    size_t count = sealed_value_list(kept, arena, &places);
    json_t *copy = count ? json_own(arena, json_deep_copy(given)) : given;

    for (size_t i = 0; i < count; i++)
        if (is_mask(json_pointer_get(copy, places[i].path, arena)))
            json_pointer_replace(copy, places[i].path, json_pack("{s:O}", SEALED_MEMBER, places[i].sealed), arena);
    return copy;
}
