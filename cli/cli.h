/* cli.h - what one invocation knows, and how it speaks to the person. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/profile.h"
#include "core/base/arena.h"
#include "core/base/err.h"

struct remote;

struct cli {
    struct arena arena;         /* lives as long as the program */
    enum gov_language language; /* of texts; from LC_ALL, LC_MESSAGES, LANG */
    bool json;                  /* --json: stdout carries JSON and nothing else */
    bool quiet;                 /* --quiet: no notes and no progress on stderr */
    bool tty_in, tty_out, tty_err;
    bool colour_out, colour_err;
    long timeout_s;             /* --timeout: how long to wait for an end; 0: for ever */
    struct profile profile;     /* the server and the token that are used */
    struct remote *remote;      /* made at the first call */
    json_t *problem;            /* problem+json of the last refused call, NULL if none */
    int exit_code;              /* of a command that worked: how the run ended */
};

/* Read language, terminal and the options every command takes. */
struct args;
bool cli_start(struct cli *cli, const struct args *args, struct gov_err *err);
void cli_release(struct cli *cli);

/* One text in the person's language. */
const char *cli_text(const struct cli *cli, const char *en, const char *zh);
/* A note on stderr, unless --quiet or --json. A newline is added. */
void cli_note(const struct cli *cli, const char *en, const char *zh, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* A line on stdout, unless --json. A newline is added. */
void cli_say(const struct cli *cli, const char *en, const char *zh, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* JSON on stdout, indented; what --json prints. */
void cli_print_json(const json_t *json);

/* The error on stderr (code, what, where, remedy; the whole problem with --json) and the exit code
 * that belongs to it. */
int cli_report(const struct cli *cli, const struct gov_err *err);

#endif
