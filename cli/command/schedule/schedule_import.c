/* schedule_import.c - a crontab becomes schedules, line by line; what cannot become one says why.
 *
 * A schedule's name is made from its skill, its rule and a digest of the line, so a second import finds what the
 * first one made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/crontab/crontab.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"
#include "core/base/text.h"

struct import {
    struct cli *cli;
    struct crontab crontab;
    json_t *skills, *schedules;
    size_t made, there, failed;
    enum gov_code worst;
};

static bool read_file(struct cli *cli, const char *path, char **text, size_t *bytes, struct gov_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");

    *text = arena_alloc(&cli->arena, CRONTAB_BYTES_MAX + 2);
    if (file)
        *bytes = fread(*text, 1, CRONTAB_BYTES_MAX + 1, file);
    bool good = file && !ferror(file);
    if (file && !is_stdin)
        fclose(file);
    return good || gov_fail_at(err, GOV_INVALID_INPUT, "FILE", "file", "%s cannot be read", "无法读取 %s", path);
}

/* /etc/crontab and /etc/cron.d have a user's name before the command. */
static bool has_user(const struct args *args)
{
    return args_flag(args, "system") || text_starts(args->words[0], "/etc/cron");
}

/* --- making --- */

static const char *name_of(struct cli *cli, const struct crontab_line *line)
{
    uint32_t digest = 2166136261u; /* FNV-1a */

    for (const char *const *part = (const char *const[]){ line->rule, line->timezone, line->command,
                                                          line->input_text ? line->input_text : "", NULL };
         *part; part++)
        for (const char *c = *part; *c; c++)
            digest = (digest ^ (unsigned char)*c) * 16777619u;
    return arena_format(&cli->arena, "%.40s (%.40s) %08x", line->skill, line->rule, digest);
}

static bool already_there(const struct import *m, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach (m->schedules, i, one)
        if (strcmp(json_get_text(one, "name"), name) == 0)
            return true;
    return false;
}

/* "made", "there" or "refused"; a refusal's words go to the line's `why`. */
static const char *make(struct import *m, struct crontab_line *line)
{
    struct cli *cli = m->cli;
    const char *name = name_of(cli, line);
    const json_t *made;
    struct gov_err err;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:s, s:s, s:s, s:s*, s:O}", "name", name, "cron", line->rule,
                                      "timezone", line->timezone, "skill", line->skill, "action", line->action,
                                      "input", line->input));

    if (already_there(m, name)) {
        m->there++;
        return "there";
    }
    if (remote_post(cli, "/v1/schedules", body, &made, &err)) {
        json_array_append(m->schedules, (json_t *)made);
        m->made++;
        return "made";
    }
    cli->problem = NULL;
    m->failed++;
    m->worst = err.code;
    line->why = (struct gov_text){ arena_text(&cli->arena, err.en), arena_text(&cli->arena, err.zh) };
    return "refused";
}

/* --- telling --- */

static const char *word_of_verdict(const struct cli *cli, const struct crontab_line *line, const char *done)
{
    static const struct {
        const char *word, *en, *zh;
    } words[] = {
        { "made", "made", "已创建" },        { "there", "there already", "已存在" },
        { "refused", "refused", "被拒绝" },  { "setting", "setting", "设置" },
        { "found", "skill found", "已找到技能" }, { "to_be_made", "to be made", "需制作技能" },
        { "not_possible", "not possible", "不可行" },
    };
    const char *word = done ? done : crontab_verdict_name(line->verdict);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0)
            return cli_text(cli, words[i].en, words[i].zh);
    return word;
}

static json_t *line_json(const struct cli *cli, const struct crontab_line *line, const char *done)
{
    const char *why = gov_text_in(line->why, cli->language);
    bool found = line->verdict == CRONTAB_FOUND;

    return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:O?, s:s?}", "line", line->number,
                     "verdict", done ? done : crontab_verdict_name(line->verdict), "rule", line->rule,
                     "timezone", line->timezone, "user", line->user, "command", line->command, "skill",
                     found ? line->skill : NULL, "action", found ? line->action : NULL, "input",
                     found ? line->input : NULL, "why", why && *why ? why : NULL);
}

static void tell(struct import *m, json_t *items, const char **done)
{
    struct cli *cli = m->cli;
    struct table table;

    if (cli->json) {
        remote_list_print(items, NULL);
        return;
    }
    table_init(&table, &cli->arena);
    table_column_right(&table, "LINE", "行");
    table_column(&table, "RULE", "规则");
    table_column(&table, "WHAT", "结论");
    table_column(&table, "SKILL", "技能");
    table_column_flexible(&table, "COMMAND", "命令");
    table_column_flexible(&table, "WHY", "原因");
    for (size_t i = 0; i < m->crontab.count; i++) {
        const struct crontab_line *line = &m->crontab.lines[i];
        table_row(&table);
        table_cellf(&table, "%d", line->number);
        table_cell(&table, line->rule);
        table_cell(&table, word_of_verdict(cli, line, done[i]));
        table_cell(&table, line->skill);
        table_cell(&table, line->command);
        table_cell(&table, gov_text_in(line->why, cli->language));
    }
    show_table(cli, &table);
}

bool command_schedule_import(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct import m = { .cli = cli };
    bool dry = args_flag(args, "dry-run");
    char *text;
    size_t bytes = 0;

    if (!read_file(cli, args->words[0], &text, &bytes, err) ||
        !crontab_parse(text, bytes, has_user(args), args_value(args, "timezone", "UTC"), &m.crontab,
                       &cli->arena, err) ||
        !remote_list(cli, "/v1/skills", 0, &m.skills, NULL, err) ||
        !remote_list(cli, "/v1/schedules", 0, &m.schedules, NULL, err))
        return false;
    json_t *items = json_own(&cli->arena, json_array());
    const char **done = ARENA_ARRAY(&cli->arena, const char *, m.crontab.count + 1);
    for (size_t i = 0; i < m.crontab.count; i++) {
        struct crontab_line *line = &m.crontab.lines[i];
        crontab_match(line, m.skills, &cli->arena);
        if (line->verdict == CRONTAB_FOUND && !dry)
            done[i] = make(&m, line);
        else if (line->verdict == CRONTAB_FOUND && already_there(&m, name_of(cli, line)))
            done[i] = "there";
        json_array_append_new(items, line_json(cli, line, done[i]));
    }
    tell(&m, items, done);
    if (!dry)
        cli_note(cli, "%zu made, %zu there already, %zu refused", "新建 %zu 个，已存在 %zu 个，被拒绝 %zu 个", m.made,
                 m.there, m.failed);
    if (m.failed)
        cli->exit_code = gov_code_info(m.worst)->exit_code;
    return true;
}
