/* main.c - execgov: take the command line apart, run the command, say how it ended. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/out/manual.h"
#include "core/base/check.h"

static int print_help(const struct cli *cli, const struct args *args, FILE *to)
{
    struct buf out = { 0 };

    if (args->command)
        manual_command(args->command, cli->language, &out);
    else
        manual_overview(args->group, args->group_count, cli->language, &out);
    fputs(buf_text(&out), to);
    buf_release(&out);
    return to == stdout ? 0 : gov_code_info(GOV_INVALID_INPUT)->exit_code;
}

static int print_manual(const struct cli *cli)
{
    struct buf out = { 0 };

    manual_page(cli->language, &out);
    fputs(buf_text(&out), stdout);
    buf_release(&out);
    return 0;
}

static int run(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (args_flag(args, "man"))
        return print_manual(cli);
    if (args_flag(args, "help"))
        return print_help(cli, args, stdout);
    if (args_flag(args, "version")) {
        puts("execgov " EXECGOV_VERSION);
        return 0;
    }
    if (!args->command)
        return print_help(cli, args, stderr);
    if (!args->command->anonymous && !cli->profile.token) {
        gov_fail(err, GOV_UNAUTHENTICATED, "you are not logged in at %s", "您尚未登录 %s",
                 cli->profile.url);
        return cli_report(cli, err);
    }
    if (!args->command->run(cli, args, err))
        return cli_report(cli, err);
    return cli->exit_code;
}

/* Hand over to a noun that reads its own flags; false if the first words name none. "help" before or behind it is
 * its --help. */
static bool run_program(int argc, char **argv, int *exit_code)
{
    static char help[] = "--help";
    char *alone[] = { NULL, help, NULL };
    size_t used;
    int first = argc > 2 && strcmp(argv[1], "help") == 0;
    const struct command *command = argc > 1 + first ? command_find((const char *const *)argv + 1 + first,
                                                                    argc > 2 + first ? 2 : 1, &used) : NULL;

    if (!command || !command->program)
        return false;
    argc -= first + (int)used;
    argv += first + (int)used;
    alone[0] = argv[0];
    if (first || (argc > 1 && strcmp(argv[1], "help") == 0))
        *exit_code = command->program(2, alone);
    else
        *exit_code = command->program(argc, argv);
    return true;
}

int main(int argc, char **argv)
{
    int exit_code;

    struct cli cli = { 0 };
    struct args args = { 0 };
    struct gov_err err = { 0 };
    struct gov_err parse_err = { 0 };

    signal(SIGPIPE, SIG_DFL); /* "execgov runs ls | head" ends quietly */
    CHECK(sodium_init() >= 0);
    arena_init(&cli.arena);
    if (run_program(argc, argv, &exit_code)) {
        arena_release(&cli.arena);
        return exit_code;
    }
    bool parsed = args_parse(argc - 1, (const char *const *)argv + 1, &args, &cli.arena, &parse_err);
    /* Language and colours are wanted for the complaint, too. */
    bool started = cli_start(&cli, &args, &err);
    exit_code = !parsed ? cli_report(&cli, &parse_err)
                    : !started ? cli_report(&cli, &err)
                               : run(&cli, &args, &err);
    if (fflush(stdout) != 0)
        exit_code = exit_code ? exit_code : gov_code_info(GOV_CONFIGURATION)->exit_code;
    cli_release(&cli);
    return exit_code;
}
