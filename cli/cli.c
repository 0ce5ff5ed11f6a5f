/* cli.c - locale, colour rule and the wording of errors.
 *
 * Colour: only on a terminal, never with NO_COLOR (no-color.org) or TERM=dumb. What comes from a
 * server is made visible before it reaches a terminal (see out/term.h): a log must not be able to
 * move the cursor or retitle the window. */
#include "cli/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/net/remote.h"
#include "cli/net/route_words.h"
#include "cli/out/term.h"
#include "core/base/json.h"
#include "core/base/text.h"

static enum gov_language language_of_environment(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return text_starts(value, "zh") ? GOV_ZH : GOV_EN;
    }
    return GOV_EN;
}

/* Widths of characters need a UTF-8 locale; "C" has none. */
static void set_character_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

bool cli_start(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool colour = !(no_colour && *no_colour) && !(term && strcmp(term, "dumb") == 0) &&
                  !args_flag(args, "no-color");

    set_character_locale();
    cli->language = language_of_environment();
    cli->json = args_flag(args, "json");
    cli->quiet = args_flag(args, "quiet");
    cli->tty_in = isatty(STDIN_FILENO);
    cli->tty_out = isatty(STDOUT_FILENO);
    cli->tty_err = isatty(STDERR_FILENO);
    cli->colour_out = colour && cli->tty_out;
    cli->colour_err = colour && cli->tty_err;
    if (!args_number(args, "timeout", 0, 86400 * 7, &cli->timeout_s, err))
        return false;
    return profile_read(args_value(args, "profile", NULL), args_value(args, "url", NULL),
                        &cli->profile, &cli->arena, err);
}

void cli_release(struct cli *cli)
{
    remote_free(cli->remote);
    arena_release(&cli->arena);
}

const char *cli_text(const struct cli *cli, const char *en, const char *zh)
{
    return cli->language == GOV_ZH ? zh : en;
}

/* Names and titles come from the server, so the whole line is made safe for a screen. */
static void print_line(FILE *to, bool screen, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void print_line(FILE *to, bool screen, const char *format, va_list args)
{
    char *line = NULL;

    if (vasprintf(&line, format, args) < 0)
        return;
    char *shown = screen ? term_visible(line, false) : NULL;
    fprintf(to, "%s\n", shown ? shown : line);
    free(shown);
    free(line);
}

void cli_note(const struct cli *cli, const char *en, const char *zh, ...)
{
    va_list args;

    if (cli->quiet || cli->json)
        return;
    va_start(args, zh);
    print_line(stderr, cli->tty_err, cli->language == GOV_ZH ? zh : en, args);
    va_end(args);
}

void cli_say(const struct cli *cli, const char *en, const char *zh, ...)
{
    va_list args;

    if (cli->json)
        return;
    va_start(args, zh);
    print_line(stdout, cli->tty_out, cli->language == GOV_ZH ? zh : en, args);
    va_end(args);
}

void cli_print_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
}

/* What a person can do next, where the server's detail cannot know: it does not see the CLI. */
static struct gov_text remedy_of(enum gov_code code)
{
    switch (code) {
    case GOV_UNAUTHENTICATED:
        return (struct gov_text){ "log in: execgov login", "请先登录：execgov login" };
    case GOV_PLAN_STALE:
        return (struct gov_text){ "look at it as it is now: execgov confirmations show ID, or of a file or a scan the same "
                                  "command without --apply",
                                  "请重新查看当前内容：execgov confirmations show ID；文件导入或扫描请去掉 --apply 再执行一次" };
    case GOV_SELF_CONFIRMATION:
        return (struct gov_text){ "ask somebody else: execgov confirmations ls shows who may",
                                  "请让其他人确认：execgov confirmations ls 会列出可确认的人" };
    case GOV_SESSION_REQUIRED:
        return (struct gov_text){ "log in with a password: execgov login",
                                  "请使用密码登录：execgov login" };
    case GOV_SERVER_UNREACHABLE:
        return (struct gov_text){ "check the address and that the server runs: execgov doctor",
                                  "请检查地址以及服务是否运行：execgov doctor" };
    case GOV_RATE_LIMITED:
    case GOV_STORE_UNAVAILABLE:
    case GOV_OVERLOADED:
        return (struct gov_text){ "try again in a moment", "请稍后重试" };
    default:
        return (struct gov_text){ NULL, NULL };
    }
}

static void report_json(const struct cli *cli, const struct gov_err *err)
{
    const struct gov_code_info *info = gov_code_info(err->code);
    json_t *made = NULL;

    if (!cli->problem)
        made = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "code", info->wire,
                         "status", info->http_status, "title", gov_text_in(info->title, cli->language),
                         "detail", gov_err_detail(err, cli->language));
    json_dumpf(cli->problem ? cli->problem : made, stderr, JSON_INDENT(2));
    fputc('\n', stderr);
    json_decref(made);
}

static void report_field(const struct cli *cli, const char *en, const char *zh, const char *value)
{
    char *shown = term_visible(value, true);

    fprintf(stderr, "  %s %s\n", cli_text(cli, en, zh), shown);
    free(shown);
}

/* What a fault says, its routes as commands, like the sentence above it; NULL: nothing. */
static const char *message_of(const json_t *fault, struct arena *arena)
{
    const char *message = json_get_text(fault, "message");

    return message ? route_words_in(message, arena) : NULL;
}

/* The only fault often says no more than the sentence above it: the same words about the same field. */
static bool said_already(const json_t *faults, const char *detail, struct arena *arena)
{
    const json_t *only = json_array_get(faults, 0);
    const char *message = message_of(only, arena), *path = json_get_text(only, "path");
    const char *field = path && strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t own = message ? strlen(message) : 0, all = strlen(detail);

    /* "/holidays/0": any sentence with a date has a 0 */
    if (json_array_size(faults) != 1 || !message || !field || own > all || !field[strspn(field, "0123456789")])
        return false;
    return strcmp(detail + all - own, message) == 0 && strstr(detail, field);
}

/* The faults of the body, one a line: where, what. */
static void report_faults(const struct cli *cli, const struct gov_err *err)
{
    json_t *faults = json_object_get(cli->problem, "errors");
    struct arena arena;
    json_t *fault;
    size_t i;

    arena_init(&arena);
    if (said_already(faults, gov_err_detail(err, cli->language), &arena))
        faults = NULL;
    json_array_foreach(faults, i, fault)
    {
        const char *path = json_get_text(fault, "path");
        const char *message = message_of(fault, &arena);
        bool again = message && strcmp(message, gov_err_detail(err, cli->language)) == 0; /* only where is new */
        char *shown = term_visible(message && !again ? message : "", true);
        char *where = term_visible(path ? path : "", true);
        long long line = json_get_int(fault, "line", 0); /* of a file, where the command knows it */
        fputs("  - ", stderr);
        if (line)
            fprintf(stderr, cli_text(cli, "line %lld%s", "第 %lld 行%s"), line, *where ? ", " : "");
        fprintf(stderr, "%s%s%s\n", where, *where && *shown ? ": " : "", shown);
        free(shown);
        free(where);
    }
    for (size_t k = 0; !cli->problem && k < err->item_count; k++)
        fprintf(stderr, "  - %s: %s\n", err->items[k].path,
                gov_text_in(err->items[k].message, cli->language));
    arena_release(&arena);
}

int cli_report(const struct cli *cli, const struct gov_err *err)
{
    const struct gov_code_info *info = gov_code_info(err->code);
    const char *code = json_get_text(cli->problem, "code");
    const char *said = json_get_text(cli->problem, "remedy");
    /* a sentence that names a command helps already, and knows more: what is asked of two people is also money */
    bool helps = strstr(gov_err_detail(err, cli->language), "execgov ") != NULL;
    const char *remedy = said ? said : helps ? NULL : gov_text_in(remedy_of(err->code), cli->language);
    const char *id = json_get_text(cli->problem, "request_id");

    fflush(stdout);
    if (cli->json) {
        report_json(cli, err);
        return info->exit_code;
    }
    char *detail = term_visible(gov_err_detail(err, cli->language), true);
    fprintf(stderr, "%sexecgov: %s%s (%s)\n", cli->colour_err ? "\033[31m" : "", detail,
            cli->colour_err ? "\033[0m" : "", code ? code : info->wire);
    free(detail);
    report_faults(cli, err);
    if (err->cause[0])
        report_field(cli, "cause:", "原因：", err->cause);
    if (remedy)
        report_field(cli, "what helps:", "解决办法：", remedy);
    if (id && info->exit_code == 5)
        report_field(cli, "request id:", "请求编号：", id);
    return info->exit_code;
}
