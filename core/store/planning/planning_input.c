/* planning_input.c - defaults, then the schema, then what is sealed, then which texts are files. */
#include "core/store/planning/planning_input.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/fault.h"
#include "core/model/schema/schema.h"
#include "core/store/input_seal.h"

enum {
    IDS_MAX = 1000, /* texts that could be a file's id; a file behind more of them is refused */
    FILES_MAX = 50 /* of one run */
};

void planning_collect_ids(const json_t *value, struct buf *out, int *count)
{
    const char *name;
    json_t *member;
    struct id id;
    size_t i;

    if (json_is_string(value) && id_parse(json_string_value(value), &id)) {
        if (out && *count < IDS_MAX)
            buf_addf(out, "%s%s", *count ? "," : "", id.text);
        ++*count;
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, member)
            planning_collect_ids(member, out, count);
    } else if (json_is_object(value)) {
        json_object_foreach ((json_t *)value, name, member)
            planning_collect_ids(member, out, count);
    }
}

static bool accepts(const json_t *schema, const char *name, const char *media_type)
{
    const json_t *list = json_object_get(schema, "x-accept");
    const json_t *item;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return true;
    json_array_foreach (list, i, item) {
        const char *accepted = json_string_value(item);
        if (!accepted)
            continue;
        size_t a = strlen(accepted), n = strlen(name);
        if (accepted[0] == '.' && n > a && text_equal_ignoring_case(name + n - a, accepted))
            return true;
        if (accepted[0] != '.' && text_equal_ignoring_case(accepted, media_type))
            return true;
    }
    return false;
}

struct file_adder {
    struct planning *p;
    struct plan_file *files;
    json_t *known; /* {id: {name, bytes, sha256, media_type, created_by}} */
    struct fault_list faults;
};

/* The file's row; NULL: there is none, or none that the caller may know of. */
static const json_t *known_file(const struct file_adder *a, const char *text, struct id *id)
{
    const json_t *row = id_parse(text, id) ? json_object_get(a->known, id->text) : NULL;
    const char *by = json_get_text(row, "created_by");

    return !a->p->own_files || (by && strcmp(by, a->p->requester.text) == 0) ? row : NULL;
}

static void add_file(struct file_adder *a, const char *path, const char *at, const char *text,
                     const json_t *schema)
{
    struct planning *p = a->p;
    struct id id;
    const json_t *known = known_file(a, text, &id);
    const char *as = json_get_text(schema, "x-as");

    if (!known && p->file_ids > IDS_MAX) {
        fault_add(&a->faults, at, "too_many_ids",
                  "the input has %d texts in the form of an id and only %d are looked up: give fewer, or the file "
                  "before them", "输入中有 %d 个编号形式的文本，仅查找前 %d 个：请减少，或将文件放在它们之前",
                  p->file_ids, IDS_MAX);
        return;
    }
    if (!known) {
        fault_add(&a->faults, at, "unknown_file", "there is no file with this id; upload it first",
                  "没有该 id 的文件；请先上传");
        return;
    }
    const char *name = json_get_text(known, "name");
    int64_t bytes = json_get_int(known, "bytes", 0);
    int64_t max_mb = json_get_int(schema, "x-max-mb", 0);
    if (!accepts(schema, name, json_get_text(known, "media_type"))) {
        fault_add(&a->faults, at, "file_type", "the file \"%s\" is not of an accepted kind",
                  "文件“%s”类型不被接受", name);
        return;
    }
    if (max_mb && bytes > max_mb * 1024 * 1024) {
        fault_add(&a->faults, at, "file_size", "the file \"%s\" is larger than %lld MB",
                  "文件“%s”超过 %lld MB", name, (long long)max_mb);
        return;
    }
    if (p->step.file_count >= FILES_MAX) {
        fault_add(&a->faults, at, "max_items", "more than %d files", "文件超过 %d 个", FILES_MAX);
        return;
    }
    struct plan_file *f = &a->files[p->step.file_count++];
    f->path = path;
    f->id = id;
    f->name = name;
    f->bytes = bytes;
    f->sha256 = json_get_text(known, "sha256");
    json_array_append_new(p->file_list,
                          json_pack("{s:s, s:s, s:s, s:I, s:s, s:s*}", "path", path, "id",
                                    f->id.text, "name", name, "bytes", (json_int_t)bytes, "sha256",
                                    f->sha256, "as", as));
}

static bool check_files(struct planning *p, const struct schema *schema, struct gov_err *err)
{
    struct arena *arena = p->arena;
    struct file_adder a = { .p = p, .faults = { .arena = arena } };
    const struct schema_found *found;
    const json_t *item;
    size_t count, i;

    if (!schema_find(schema, p->filled, SCHEMA_MARK_FILE, arena, &found, &count, err))
        return false;
    a.files = ARENA_ARRAY(arena, struct plan_file, FILES_MAX);
    a.known = db_json(&p->rows, 0, BASIS_FILES, arena);
    p->file_list = json_own(arena, json_array());
    p->step.files = a.files;
    for (i = 0; i < count; i++)
        add_file(&a, found[i].path, arena_format(arena, "/input%s", found[i].path),
                 json_string_value(found[i].value), found[i].schema);
    json_array_foreach ((json_t *)p->files, i, item)
        add_file(&a, "", arena_format(arena, "/files/%zu", i), json_string_value(item), NULL);
    return fault_report(&a.faults, GOV_INVALID_INPUT, err);
}

/* Paths of the validator start at the input; the client sent it as a member of the body. */
static void below_input(struct gov_err *err, struct arena *arena)
{
    struct gov_err_item *items = ARENA_ARRAY(arena, struct gov_err_item, err->item_count + 1);

    for (size_t i = 0; i < err->item_count; i++) {
        items[i] = err->items[i];
        items[i].path = arena_format(arena, "/input%s", err->items[i].path);
    }
    char path[GOV_PATH_BYTES];
    snprintf(path, sizeof path, "/input%.*s", (int)sizeof path - 8, err->path);
    memcpy(err->path, path, sizeof path);
    err->items = items;
}

/* From here on nothing of it is in the clear: the digest, the rows and whoever is shown the plan have the sealed form. */
static bool seal_found(struct planning *p, const struct schema_found *found, size_t count, struct gov_err *err)
{
    struct arena *arena = p->arena;
    struct input_seal seal = { db_json(&p->rows, 0, BASIS_SEAL_KEY, arena), &p->tenant, p->skill };

    if (!input_seal(&seal, p->filled, found, count, arena, err))
        return false;
    if (p->input)
        p->sealed = input_seal_copy(p->input, p->filled, arena);
    return true;
}

bool planning_check_input(struct planning *p, struct gov_err *err)
{
    struct arena *arena = p->arena;
    const struct schema *schema = plan_basis_schema(p->basis, p->chosen, err);
    const json_t *input = p->input ? p->input : json_own(arena, json_object());
    const struct schema_found *found;
    size_t count;

    if (!schema)
        return gov_err_context(err, "schema of %s", p->skill);
    p->filled = schema_apply_defaults(schema, input, arena);
    if (!schema_validate_sealed(schema, p->filled, arena, err)) {
        below_input(err, arena);
        return false;
    }
    if (!schema_find(schema, p->filled, SCHEMA_MARK_SENSITIVE, arena, &found, &count, err))
        return false;
    const char **sensitive = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        sensitive[i] = found[i].path;
    p->step.sensitive = sensitive;
    p->step.sensitive_count = count;
    p->step.input = p->filled;
    return (!count || seal_found(p, found, count, err)) && check_files(p, schema, err);
}
