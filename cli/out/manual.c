#include "cli/out/manual.h"

#include <string.h>

#include "cli/out/term.h"

enum { USAGE_COLUMNS = 44, OPTION_COLUMNS = 28 };

static void add_padded(struct buf *out, const char *text, int columns)
{
    int pad = columns - term_width(text);

    buf_add_text(out, text);
    if (pad < 1) {
        buf_add_text(out, "\n  ");
        pad = columns;
    }
    for (int i = 0; i < pad; i++)
        buf_add_char(out, ' ');
}

static bool begins_with(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; name && i < count; i++) {
        size_t length = strcspn(name, " ");
        if (strlen(words[i]) != length || strncmp(words[i], name, length) != 0)
            return false;
        name += length + (name[length] == ' ');
    }
    return name;
}

static void add_options(struct buf *out, const struct command_option *list,
                        enum gov_language language)
{
    for (const struct command_option *o = list; o && o->name; o++) {
        struct buf usage = { 0 };
        if (o->letter)
            buf_addf(&usage, "-%c, ", o->letter);
        buf_addf(&usage, "--%s%s%s", o->name, o->kind == VALUE_NONE ? "" : " ",
                 o->kind == VALUE_NONE ? "" : o->value);
        buf_add_text(out, "  ");
        add_padded(out, usage.data, OPTION_COLUMNS);
        buf_addf(out, "%s\n", gov_text_in(o->help, language));
        buf_release(&usage);
    }
}

/* Where a part of the table begins, for whoever reads all of it. */
static const struct {
    const char *first; /* words of a command */
    struct gov_text title;
} parts[] = {
    { "login", { "yourself", "您自己" } },
    { "list", { "ask, plan, confirm, run", "提出请求、计划、确认、运行" } },
    { "skill show", { "skills, and what runs by the clock", "技能与定时计划" } },
    { "why", { "why, and who did what", "原因与审计" } },
    { "members ls", { "your tenant: its people, its subscription", "本租户：人员与订阅" } },
    { "worker ls", { "running the platform (execgov login --tenant platform)", "平台运维（execgov login --tenant platform）" } },
    { "order ls", { "its money (finance; the same login)", "平台财务（同一登录）" } },
    { "migrate", { "this machine, and databases; without a login", "本机与数据库，无需登录" } },
};

static void add_part(struct buf *out, const struct command *command, enum gov_language language)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].first, command->words) == 0)
            buf_addf(out, "%s%s%s\n", i ? "\n" : "", gov_text_in(parts[i].title, language), language == GOV_ZH ? "：" : ":");
}

void manual_overview(const char *const *words, size_t count, enum gov_language language,
                     struct buf *out)
{
    bool zh = language == GOV_ZH;

    buf_add_text(out, zh ? "用法：execgov 命令 [选项]\n\n" : "usage: execgov COMMAND [OPTIONS]\n\n");
    for (const struct command *c = command_table; c->words; c++) {
        struct buf usage = { 0 };
        if (!begins_with(c->words, words, count) && !begins_with(c->alias, words, count))
            continue;
        if (count == 0)
            add_part(out, c, language);
        buf_addf(&usage, "%s%s%s", c->words, *c->arguments ? " " : "", c->arguments);
        buf_add_text(out, "  ");
        add_padded(out, usage.data, USAGE_COLUMNS);
        buf_addf(out, "%s\n", gov_text_in(c->help, language));
        buf_release(&usage);
    }
    buf_add_text(out, zh ? "\n所有命令都可用的选项：\n" : "\noptions of every command:\n");
    add_options(out, command_options_all, language);
    buf_add_text(out, zh ? "\n单个命令的说明：execgov help 命令\n"
                         : "\nmore about one: execgov help COMMAND\n");
}

void manual_command(const struct command *command, enum gov_language language, struct buf *out)
{
    bool zh = language == GOV_ZH;

    buf_addf(out, "%s execgov %s%s%s\n\n%s\n", zh ? "用法：" : "usage:", command->words,
             *command->arguments ? " " : "", command->arguments,
             gov_text_in(command->help, language));
    if (command->alias)
        buf_addf(out, zh ? "别名：%s\n" : "also: %s\n", command->alias);
    if (command->options && command->options->name)
        buf_add_text(out, zh ? "\n选项：\n" : "\noptions:\n");
    add_options(out, command->options, language);
    buf_add_text(out, zh ? "\n所有命令都可用的选项：\n" : "\noptions of every command:\n");
    add_options(out, command_options_all, language);
}

/* Text that roff takes as it is: dashes stay dashes, a line does not begin a request. */
static void add_roff(struct buf *out, const char *text)
{
    for (bool first = true; *text; text++, first = false) {
        if (first && (*text == '.' || *text == '\''))
            buf_add_text(out, "\\&");
        if (*text == '\\')
            buf_add_text(out, "\\e");
        else if (*text == '-')
            buf_add_text(out, "\\-");
        else
            buf_add_char(out, *text);
    }
}

static void add_roff_options(struct buf *out, const struct command_option *list,
                             enum gov_language language)
{
    for (const struct command_option *o = list; o && o->name; o++) {
        buf_add_text(out, ".TP\n\\fB");
        if (o->letter)
            buf_addf(out, "\\-%c\\fR, \\fB", o->letter);
        buf_add_text(out, "\\-\\-");
        add_roff(out, o->name);
        buf_add_text(out, "\\fR");
        if (o->kind != VALUE_NONE) {
            buf_add_text(out, " \\fI");
            add_roff(out, o->value);
            buf_add_text(out, "\\fR");
        }
        buf_add_text(out, "\n");
        add_roff(out, gov_text_in(o->help, language));
        buf_add_text(out, "\n");
    }
}

static const struct gov_text exit_codes[] = {
    { "0  done; a run succeeded", "0  成功" },
    { "1  a run failed, was cancelled, or nothing fitted the words", "1  运行失败、被取消或无匹配技能" },
    { "2  the command line or an input is wrong, or something is not there", "2  用法或输入有误，或对象不存在" },
    { "3  not authenticated or not allowed", "3  未登录或没有权限" },
    { "4  refused by a rule: confirmation, quota, conflict, expiry", "4  被规则拒绝" },
    { "5  the server or a part of it is unavailable; try again", "5  服务不可用，请重试" },
    { "6  timed out", "6  超时" },
};

static const char *const environment[][2] = {
    { "EXECGOV_URL", "address of the server; wins over the profile" },
    { "EXECGOV_TOKEN", "token; wins over the profile" },
    { "EXECGOV_PROFILE", "name of the profile" },
    { "EXECGOV_CONFIG_DIR", "folder of profiles.json; default ~/.config/execgov" },
    { "NO_COLOR", "set to anything: no colours" },
    { "LC_ALL, LC_MESSAGES, LANG", "zh…: Chinese, else English" },
};

void manual_page(enum gov_language language, struct buf *out)
{
    buf_add_text(out, ".TH EXECGOV 1 \"\" \"ExecGov " EXECGOV_VERSION "\" \"User Commands\"\n"
                      ".SH NAME\nexecgov \\- ask for and run governed skills\n"
                      ".SH SYNOPSIS\n.B execgov\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.br\n.B execgov help\n[\\fICOMMAND\\fR]\n"
                      ".SH DESCRIPTION\nSpeaks HTTP to an ExecGov server: skills are listed, asked "
                      "for in words, planned, confirmed and run; every step can be looked at "
                      "afterwards.\n.SH COMMANDS\n");
    for (const struct command *c = command_table; c->words; c++) {
        buf_add_text(out, ".SS \"execgov ");
        add_roff(out, c->words);
        if (*c->arguments)
            buf_add_char(out, ' ');
        add_roff(out, c->arguments);
        buf_add_text(out, "\"\n");
        add_roff(out, gov_text_in(c->help, language));
        buf_add_text(out, "\n");
        add_roff_options(out, c->options, language);
    }
    buf_add_text(out, ".SH OPTIONS OF EVERY COMMAND\n");
    add_roff_options(out, command_options_all, language);
    buf_add_text(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < sizeof exit_codes / sizeof *exit_codes; i++) {
        const char *text = gov_text_in(exit_codes[i], language);
        buf_addf(out, ".TP\n\\fB%c\\fR\n", text[0]);
        add_roff(out, text + 3);
        buf_add_text(out, "\n");
    }
    buf_add_text(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++) {
        buf_addf(out, ".TP\n\\fB%s\\fR\n", environment[i][0]);
        add_roff(out, environment[i][1]);
        buf_add_text(out, "\n");
    }
    buf_add_text(out, ".SH FILES\n.TP\n~/.config/execgov/profiles.json\nServers and tokens, mode "
                      "0600.\n");
}
