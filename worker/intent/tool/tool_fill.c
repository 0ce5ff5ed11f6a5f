/* tool_fill.c - the filler on one text, as a table a person can check. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/intent/fill/fill.h"
#include "worker/intent/fill/phrase.h"
#include "worker/intent/tool/tool_parts.h"

struct options {
    const char *schema, *text;
    bool json;
    struct fill_file files[FILL_FILES_MAX];
    struct fill_request request;
};

static bool take(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--schema") == 0) {
        o->schema = value;
    } else if (strcmp(name, "--now") == 0) {
        return clock_parse(value, &o->request.now_us);
    } else if (strcmp(name, "--timezone") == 0) {
        o->request.timezone = value;
    } else if (strcmp(name, "--language") == 0) {
        o->request.language = strncmp(value, "zh", 2) == 0 ? GOV_ZH : GOV_EN;
    } else if (strcmp(name, "--file") == 0 && o->request.file_count < FILL_FILES_MAX) {
        o->files[o->request.file_count++] = (struct fill_file){ .id = value, .name = value };
    } else {
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
    o->request.now_us = clock_now_us();
    o->request.files = o->files;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            if (i + 1 >= argc || !take(o, argv[i], argv[i + 1]))
                return false;
            i++;
        } else if (!o->text) {
            o->text = argv[i];
        } else {
            return false;
        }
    }
    return o->schema && o->text;
}

static void print_value(const struct options *o, const struct fill_result *result,
                        const struct fill_value *v, struct arena *arena)
{
    struct phrase phrase;
    const char *said = "";

    if (v->end > v->start) {
        phrase_init(&phrase, o->text, strlen(o->text), arena);
        said = phrase_text(&phrase, v->start, v->end, arena);
    }
    const char *value = json_text(arena, json_object_get(result->object, v->path + 1));
    printf("%-22s %-26s %-9s %-16s %3zu-%-3zu %s\n", v->path, value, fill_source_name(v->source),
           v->rule, v->start, v->end, said);
}

static void print_table(const struct options *o, const struct fill_result *result,
                        struct arena *arena)
{
    printf("%-22s %-26s %-9s %-16s %-7s %s\n", "parameter", "value", "source", "rule", "span",
           "text");
    for (size_t i = 0; i < result->value_count; i++)
        print_value(o, result, &result->values[i], arena);
    for (size_t i = 0; i < result->question_count; i++)
        printf("? %-20s %s\n", result->questions[i].path,
               gov_text_in(result->questions[i].text, o->request.language));
}

static bool run(struct options *o, struct arena *arena, struct gov_err *err)
{
    struct fill_result result;
    char *text;
    size_t bytes;

    if (!tool_read_file(o->schema, &text, &bytes, arena, err))
        return false;
    o->request.schema = json_parse(arena, text, bytes, err);
    o->request.text = o->text;
    if (!o->request.schema || !fill_parameters(&o->request, &result, arena, err))
        return false;
    if (o->json) {
        json_t *json = fill_to_json(&result, o->request.language);
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(json);
    } else {
        print_table(o, &result, arena);
    }
    return true;
}

int tool_fill(int argc, char **argv)
{
    struct options options = { 0 };
    struct gov_err err = { 0 };
    struct arena arena;

    if (!parse(argc, argv, &options))
        return tool_usage("fill needs --schema and a text");
    arena_init(&arena);
    bool done = run(&options, &arena, &err);
    if (!done)
        fprintf(stderr, "execgov intent fill: %s\n", err.en);
    arena_release(&arena);
    return done ? 0 : 2;
}
