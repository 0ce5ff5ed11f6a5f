#include "core/io/settings.h"

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/io/settings_print.h"

static const struct setting *find(const struct setting *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static bool parse_bool(const char *text, bool *value)
{
    static const char *const yes[] = { "true", "yes", "on", "1" };
    static const char *const no[] = { "false", "no", "off", "0" };
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0)
            *value = true;
        else if (strcmp(text, no[i]) == 0)
            *value = false;
        else
            continue;
        return true;
    }
    return false;
}

bool settings_set(const struct setting *table, void *into, const char *name, const char *text,
                  const char *source, struct arena *arena, struct gov_err *err)
{
    const struct setting *s = find(table, name);
    void *slot;

    if (!s)
        return gov_fail_at(err, GOV_CONFIGURATION, name, "unknown_field",
                           "%s: there is no setting \"%s\"; --help lists them",
                           "%s：没有设置项“%s”；用 --help 查看全部", source, name);
    slot = (char *)into + s->offset;
    switch (s->type) {
    case SETTING_INT:
        if (!text_parse_i64(text, s->min, s->max, slot))
            return gov_fail_at(err, GOV_CONFIGURATION, name, "range",
                               "%s: %s must be a whole number from %lld to %lld, not \"%s\"",
                               "%s：%s 必须是 %lld 到 %lld 的整数，而不是“%s”", source, name,
                               (long long)s->min, (long long)s->max, text);
        return true;
    case SETTING_BOOL:
        if (!parse_bool(text, slot))
            return gov_fail_at(err, GOV_CONFIGURATION, name, "type",
                               "%s: %s must be true or false, not \"%s\"",
                               "%s：%s 必须是 true 或 false，而不是“%s”", source, name, text);
        return true;
    case SETTING_TEXT:
        if (s->max && strlen(text) > (size_t)s->max)
            return gov_fail_at(err, GOV_CONFIGURATION, name, "max_length",
                               "%s: %s is longer than %lld bytes", "%s：%s 超过 %lld 字节", source,
                               name, (long long)s->max);
        *(const char **)slot = arena_text(arena, text);
        return true;
    }
    return true;
}

struct file_reader {
    const struct setting *table;
    void *into;
    const char *path;
    struct arena *arena;
    struct gov_err *err;
};

static int on_file_line(void *user, const char *section, const char *name, const char *value)
{
    struct file_reader *r = user;
    (void)section; /* sections are for the reader's eye */
    if (r->err->code)
        return 0; /* the parser goes on; the first fault is the one to tell */
    return settings_set(r->table, r->into, name, value, r->path, r->arena, r->err);
}

static bool read_file(const char *path, const struct setting *table, void *into,
                      struct arena *arena, struct gov_err *err)
{
    struct file_reader reader = { table, into, path, arena, err };
    memset(err, 0, sizeof *err);
    int line = ini_parse(path, on_file_line, &reader);
    if (line == 0)
        return true;
    if (err->code)
        return false;
    if (line < 0)
        return gov_fail_at(err, GOV_CONFIGURATION, path, "unreadable",
                           "the settings file %s cannot be read", "无法读取配置文件 %s", path);
    return gov_fail_at(err, GOV_CONFIGURATION, path, "syntax",
                       "%s, line %d: expected \"name = value\"", "%s 第 %d 行：应为“name = value”",
                       path, line);
}

static bool read_environment(const struct setting *table, void *into, struct arena *arena,
                             struct gov_err *err)
{
    for (const struct setting *s = table; s->name; s++) {
        char name[100];
        snprintf(name, sizeof name, "EXECGOV_%s", s->name);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        const char *value = getenv(name);
        if (value && !settings_set(table, into, s->name, value, name, arena, err))
            return false;
    }
    return true;
}

/* What was asked for instead of running; all of it comes from the table. */
static bool print_asked(const struct setting *table, const char *program, const char *about, int argc,
                        char **argv)
{
    struct buf out = { 0 };

    for (int i = 1; i < argc && !out.length; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            settings_print_help(table, program, about, &out);
        else if (strcmp(argv[i], "--version") == 0)
            buf_addf(&out, "%s %s\n", program, EXECGOV_VERSION);
        else if (strcmp(argv[i], "--print-example") == 0)
            settings_print_example(table, program, &out);
        else if (strcmp(argv[i], "--man") == 0)
            settings_print_manual(table, program, about, &out);
    }
    bool asked = out.length > 0;
    fputs(buf_text(&out), stdout);
    buf_release(&out);
    return asked;
}

/* argv as name/value pairs. */
struct flags {
    const char *config;
    bool print, check;
};

static bool read_flags(const struct setting *table, void *into, int argc, char **argv,
                       struct flags *flags, bool apply, struct arena *arena, struct gov_err *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print-config") == 0) {
            flags->print = true;
            continue;
        }
        if (strcmp(argv[i], "--check-config") == 0) {
            flags->check = true;
            continue;
        }
        if (!text_starts(argv[i], "--"))
            return gov_fail_at(err, GOV_CONFIGURATION, argv[i], "usage",
                               "\"%s\" is not a flag; --help lists them",
                               "“%s”不是参数；用 --help 查看全部", argv[i]);
        char *name = arena_text(arena, argv[i] + 2);
        char *value = strchr(name, '=');
        if (value)
            *value++ = 0;
        else if (i + 1 < argc)
            value = argv[++i];
        else
            return gov_fail_at(err, GOV_CONFIGURATION, argv[i], "usage", "%s needs a value",
                               "%s 需要一个值", argv[i]);
        for (char *c = name; *c; c++)
            if (*c == '-')
                *c = '_';
        if (strcmp(name, "config") == 0)
            flags->config = value;
        else if (apply && !settings_set(table, into, name, value, "command line", arena, err))
            return false;
    }
    return true;
}

enum settings_next settings_load(const struct setting *table, void *into, const char *program,
                                 const char *about, int argc, char **argv, struct arena *arena)
{
    struct flags flags = { .config = getenv("EXECGOV_CONFIG") };
    struct gov_err err;

    if (print_asked(table, program, about, argc, argv))
        return SETTINGS_EXIT_OK;
    for (const struct setting *s = table; s->name; s++)
        if (s->fallback && !settings_set(table, into, s->name, s->fallback, "default", arena, &err))
            goto bad;
    if (!read_flags(table, into, argc, argv, &flags, false, arena, &err))
        goto bad;
    if (flags.config && !read_file(flags.config, table, into, arena, &err))
        goto bad;
    if (!read_environment(table, into, arena, &err) ||
        !read_flags(table, into, argc, argv, &flags, true, arena, &err))
        goto bad;
    if (flags.print) {
        struct buf out = { 0 };
        settings_print_values(table, into, &out);
        fputs(buf_text(&out), stdout);
        buf_release(&out);
    }
    if (flags.check)
        fprintf(stderr, "%s: the settings are valid\n", program);
    return flags.print || flags.check ? SETTINGS_EXIT_OK : SETTINGS_RUN;
bad:
    fprintf(stderr, "%s: %s\n", program, err.en);
    return SETTINGS_EXIT_USAGE;
}
