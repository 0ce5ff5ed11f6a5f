/* files.c - a file parameter is filled by name, by type, or by being the only one.
 *
 * Only uploaded files can be meant, and only their ids get into the input: a file's name is
 * compared with the text and goes nowhere else. Names in the text are taken even where they fit
 * nothing, so that "report-2026-03.csv" is no date.
 */
#include <string.h>
#include <strings.h>

#include "core/base/json.h"
#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum { FILE_NAME_BYTES_MIN = 2 };

/* The last ending with its dot; "" if there is none. */
static const char *ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot : "";
}

/* ".tar.gz" is an ending too, so whole names are compared from behind. */
static bool ends_in(const char *name, const char *wanted)
{
    size_t n = strlen(name), e = strlen(wanted);
    return n > e && strcasecmp(name + n - e, wanted) == 0;
}

static bool accepted_as(const struct fill_file *file, const char *accept)
{
    if (accept[0] == '.')
        return ends_in(file->name, accept);
    if (!file->media_type)
        return false;
    size_t n = strlen(accept);
    if (n > 1 && accept[n - 1] == '*')
        return strncasecmp(file->media_type, accept, n - 1) == 0;
    return strcasecmp(file->media_type, accept) == 0;
}

/* x-accept: a list of endings and media types, as an array or separated by commas. */
static bool accepts(const struct parameter *p, const struct fill_file *file)
{
    const json_t *of = p->array ? p->item : p->schema;
    const json_t *accept = json_object_get(of, "x-accept"), *entry;
    size_t i;

    if (json_is_array(accept)) {
        json_array_foreach (accept, i, entry)
            if (json_is_string(entry) && accepted_as(file, json_string_value(entry)))
                return true;
        return json_array_size(accept) == 0;
    }
    const char *list = json_string_value(accept);
    while (list && *list) {
        char one[64];
        size_t n = strcspn(list, ", ");
        if (n > 0 && n < sizeof one) {
            memcpy(one, list, n);
            one[n] = 0;
            if (accepted_as(file, one))
                return true;
        }
        list += n + strspn(list + n, ", ");
    }
    return !json_is_string(accept);
}

/* Where the text says this file's name, whole or without its ending. */
static bool named(struct fill_context *c, const struct fill_file *file, struct span *span)
{
    size_t at, length;

    if (strlen(file->name) >= FILE_NAME_BYTES_MIN &&
        phrase_find(&c->phrase, 0, file->name, &at, &length)) {
        *span = (struct span){ at, at + length };
        return true;
    }
    char *bare = arena_copy(c->arena, file->name, strlen(file->name) - strlen(ending(file->name)));
    if (strlen(bare) > FILE_NAME_BYTES_MIN && *ending(file->name) &&
        phrase_find(&c->phrase, 0, bare, &at, &length)) {
        *span = (struct span){ at, at + length };
        return true;
    }
    return false;
}

struct choice {
    const struct fill_file *file;
    struct span span;
    bool named, used;
};

static void set_array(struct fill_context *c, struct parameter *p, struct choice *choices, size_t n,
                      bool only_named)
{
    json_t *ids = json_array();
    struct span span = { 0, 0 };

    for (size_t i = 0; i < n; i++) {
        if (choices[i].used || !accepts(p, choices[i].file) || (only_named && !choices[i].named))
            continue;
        json_array_append_new(ids, json_string(choices[i].file->id));
        choices[i].used = true;
        span = choices[i].span;
    }
    if (json_array_size(ids) > 0)
        fill_set(c, p, ids, FILL_TYPED, span.start, span.end,
                 only_named ? "file.name" : "file.all");
    else
        json_decref(ids);
}

static void take_file(struct fill_context *c, struct parameter *p, struct choice *choice,
                      const char *rule)
{
    choice->used = true;
    fill_set(c, p, json_string(choice->file->id), FILL_TYPED, choice->span.start, choice->span.end,
             rule);
}

/* The named file nearest to the parameter's own words; only files of its type. */
static bool take_named(struct fill_context *c, struct parameter *p, struct choice *choices,
                       size_t n)
{
    struct choice *best = NULL;
    float nearest = -1;

    for (size_t i = 0; i < n; i++) {
        if (choices[i].used || !choices[i].named || !accepts(p, choices[i].file))
            continue;
        float near = keyword_nearness(c, p, choices[i].span);
        if (near > nearest) {
            nearest = near;
            best = &choices[i];
        }
    }
    if (best)
        take_file(c, p, best, "file.name");
    return best;
}

static void take_unnamed(struct fill_context *c, struct parameter *p, struct choice *choices,
                         size_t n)
{
    struct choice *only = NULL;
    size_t fitting = 0;
    json_t *ids = json_array();

    for (size_t i = 0; i < n; i++) {
        if (choices[i].used || !accepts(p, choices[i].file))
            continue;
        only = &choices[i];
        fitting++;
        json_array_append_new(ids, json_string(choices[i].file->id));
    }
    if (fitting > 1) {
        fill_ask(c, p, ids, 0, 0, "file.type");
        return;
    }
    json_decref(ids);
    if (only)
        take_file(c, p, only, c->request->file_count == 1 ? "file.only" : "file.type");
}

/* A path as text: "dataset path C:/data/cars.csv" for a string parameter that speaks of files. */
static void take_paths(struct fill_context *c)
{
    static const char *const words[] = { "file", "path", "filename", "filepath",
                                         "csv",  "文件", "路径" };

    for (size_t i = 0; i < c->phrase.length; i++) {
        size_t end = phrase_free(&c->phrase, i, i + 1) ? value_file_name(&c->phrase, i) : i;
        if (end == i)
            continue;
        for (size_t k = 0; k < c->count; k++) {
            struct parameter *p = &c->parameters[k];
            bool speaks = false;
            for (size_t w = 0; w < sizeof words / sizeof *words; w++)
                speaks |= parameter_mentions(p, words[w]);
            if (!speaks || !fill_open(p) || p->array || p->kind != PARAMETER_STRING)
                continue;
            fill_set(c, p, fill_text_json(c, i, end), FILL_TYPED, i, end, "literal.path");
            break;
        }
        phrase_take(&c->phrase, i, end);
        i = end;
    }
}

void rule_files(struct fill_context *c)
{
    struct choice choices[FILL_FILES_MAX];
    size_t n = c->request->file_count < FILL_FILES_MAX ? c->request->file_count : FILL_FILES_MAX;

    for (size_t i = 0; i < n; i++) {
        choices[i] = (struct choice){ .file = &c->request->files[i] };
        choices[i].named = named(c, choices[i].file, &choices[i].span);
    }
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != PARAMETER_FILE || !fill_open(p))
            continue;
        if (p->array)
            set_array(c, p, choices, n, true);
        else
            take_named(c, p, choices, n);
    }
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != PARAMETER_FILE || !fill_open(p))
            continue;
        if (p->array)
            set_array(c, p, choices, n, false);
        else
            take_unnamed(c, p, choices, n);
    }
    for (size_t i = 0; i < n; i++)
        if (choices[i].named)
            phrase_take(&c->phrase, choices[i].span.start, choices[i].span.end);
    take_paths(c);
}
