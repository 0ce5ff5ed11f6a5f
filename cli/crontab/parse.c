#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/crontab/crontab.h"
#include "core/base/text.h"
#include "core/base/zone.h"
#include "core/model/cron.h"

struct reader {
    bool with_user;
    const char *timezone;
    struct arena *arena;
};

const char *crontab_verdict_name(enum crontab_verdict verdict)
{
    static const char *const names[] = { "setting", "found", "to_be_made", "not_possible" };
    return names[verdict];
}

static const char *blanks_skipped(const char *at)
{
    return at + strspn(at, " \t");
}

static void impossible(struct crontab_line *line, struct gov_text why)
{
    line->verdict = CRONTAB_NOT_POSSIBLE;
    line->why = why;
}

/* --- NAME=value --- */

/* The bytes of a name before "=" with blanks around it; 0: this is no setting. */
static size_t setting_name(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return n && !isdigit((unsigned char)*text) && *blanks_skipped(text + n) == '=' ? n : 0;
}

static const char *unquoted(const char *value, struct arena *arena)
{
    size_t length = strlen(value);
    bool quoted = length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value;
    return quoted ? arena_copy(arena, value + 1, length - 2) : value;
}

static void read_setting(struct reader *r, const char *text, size_t name_bytes,
                         struct crontab_line *line)
{
    const char *name = arena_copy(r->arena, text, name_bytes);
    const char *value = unquoted(blanks_skipped(strchr(text, '=') + 1), r->arena);

    line->verdict = CRONTAB_SETTING;
    line->command = name;
    if (strcmp(name, "CRON_TZ") == 0 && zone_known(value)) {
        r->timezone = value;
        line->why = (struct gov_text){ "the zone of the lines below", "以下各行使用此时区" };
    } else if (strcmp(name, "CRON_TZ") == 0) {
        r->timezone = NULL;
        impossible(line, (struct gov_text){ "is no time zone; the lines below cannot be placed in time",
                                            "不是时区；以下各行无法确定时间" });
    } else if (strcmp(name, "MAILTO") == 0) {
        line->why = (struct gov_text){ "not taken over: results and failures are in the run",
                                       "不沿用：结果和失败记录在运行中" };
    } else if (strcmp(name, "SHELL") == 0 || strcmp(name, "PATH") == 0 || strcmp(name, "HOME") == 0 ||
               strcmp(name, "TZ") == 0 || text_starts(name, "LC_") || strcmp(name, "LANG") == 0) {
        line->why = (struct gov_text){ "not taken over: a skill runs in its own environment",
                                       "不沿用：技能在自己的环境中运行" };
    } else {
        line->why = (struct gov_text){ "not taken over: make it an input of the skills that read it",
                                       "不沿用：请将其作为读取它的技能的输入" };
    }
}

/* --- rule [user] command --- */

/* Cut the rule off; NULL: `line` says why not. */
static const char *read_rule(struct reader *r, const char *text, struct crontab_line *line)
{
    const char *at = text;
    struct cron cron;
    struct gov_err err;

    for (int fields = *at == '@' ? 1 : 5; fields && *at; fields--) {
        at += strcspn(at, " \t");
        if (fields > 1)
            at = blanks_skipped(at);
    }
    line->rule = arena_copy(r->arena, text, (size_t)(at - text));
    if (text_equal_ignoring_case(line->rule, "@reboot"))
        impossible(line, (struct gov_text){ "@reboot is the start of a machine, which is no time of the clock",
                                            "@reboot 指机器启动，不是时间点" });
    else if (!cron_parse(line->rule, "", &cron, &err))
        impossible(line, (struct gov_text){ arena_text(r->arena, err.en), arena_text(r->arena, err.zh) });
    else if (!r->timezone)
        impossible(line, (struct gov_text){ "the CRON_TZ above it is no time zone", "其上方的 CRON_TZ 不是时区" });
    return line->verdict == CRONTAB_NOT_POSSIBLE ? NULL : blanks_skipped(at);
}

/* "\%" is a percent sign; the first bare one ends the command, further ones are ends of lines of its input. */
static void read_command(struct reader *r, const char *text, struct crontab_line *line)
{
    char *command = arena_text(r->arena, text), *out = command, *input = NULL;

    for (const char *at = text; *at; at++) {
        if (*at == '\\' && at[1] == '%') {
            *out++ = '%';
            at++;
        } else if (*at == '%' && !input) {
            *out++ = '\0';
            input = out;
        } else {
            *out++ = *at == '%' ? '\n' : *at;
        }
    }
    *out = '\0';
    line->command = command;
    line->input_text = input;
}

static void read_job(struct reader *r, const char *text, struct crontab_line *line)
{
    const char *at = read_rule(r, text, line);

    line->timezone = r->timezone;
    if (at && r->with_user) {
        size_t length = strcspn(at, " \t");
        line->user = arena_copy(r->arena, at, length);
        at = blanks_skipped(at + length);
    }
    if (at && !*at) {
        impossible(line, (struct gov_text){ "there is no command; is a user's name missing, or one too many?",
                                            "缺少命令；是否缺少或多写了用户名？" });
        at = NULL;
    }
    if (at)
        read_command(r, at, line);
    else
        line->command = text;
}

bool crontab_parse(const char *text, size_t bytes, bool with_user, const char *timezone,
                   struct crontab *crontab, struct arena *arena, struct gov_err *err)
{
    struct reader r = { with_user, timezone, arena };
    int number = 0;

    if (bytes > CRONTAB_BYTES_MAX || memchr(text, '\0', bytes) || !text_utf8_valid(text, bytes))
        return gov_fail_at(err, GOV_INVALID_INPUT, "FILE", "format",
                           "is not a text in UTF-8 of at most %d bytes", "不是不超过 %d 字节的 UTF-8 文本",
                           CRONTAB_BYTES_MAX);
    crontab->lines = ARENA_ARRAY(arena, struct crontab_line, CRONTAB_LINES_MAX);
    crontab->count = 0;
    for (const char *at = text, *end = text + bytes; at < end;) {
        size_t length = strcspn(at, "\n");
        char *line_text = arena_copy(arena, at, length);
        at += length + 1;
        number++;
        for (size_t n = strlen(line_text); n && strchr(" \t\r", line_text[n - 1]); n--)
            line_text[n - 1] = '\0';
        const char *start = blanks_skipped(line_text);
        if (!*start || *start == '#')
            continue;
        if (crontab->count == CRONTAB_LINES_MAX)
            return gov_fail_at(err, GOV_INVALID_INPUT, "FILE", "max_items", "has more than %d lines",
                               "超过 %d 行", CRONTAB_LINES_MAX);
        struct crontab_line *line = &crontab->lines[crontab->count++];
        *line = (struct crontab_line){ .number = number, .verdict = CRONTAB_TO_BE_MADE };
        size_t name = setting_name(start);
        if (name)
            read_setting(&r, start, name, line);
        else
            read_job(&r, start, line);
    }
    return true;
}
