/* main_sandboxd.c - execgov-sandboxd: the only program of the platform that runs as root.
 *
 *     options -> host (capabilities, cgroups, runtimes) -> self-test -> serve -> SIGTERM: end jobs,
 * leave
 *
 * It has no network, no database and no secrets, and takes no path from anybody. Started by a plain
 * user (or with --user-mode) the same program isolates with user namespaces: level 1, for
 * development.
 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "worker/sandbox/daemon/group.h"
#include "worker/sandbox/daemon/runtime_late.h"
#include "worker/sandbox/daemon/selftest.h"
#include "worker/sandbox/daemon/server.h"
#include "worker/sandbox/daemon/zygote_pool.h"
#include "worker/sandbox/doctor.h"

enum { DRAIN_MS = 5000, HEAP_KEPT_BYTES = 1 << 20 };

static const char help[] =
    "execgov-sandboxd: runs scripts in isolation for execgov-worker\n"
    "\n"
    "  --socket PATH     listen here (SEQPACKET)\n"
    "  --cache DIR       sealed packages and runtimes; made if missing, must be nobody else's\n"
    "  --cache-mb N      unpacked packages kept there, and installed wheels as\n"
    "                    much again, 100-1000000 (default 4096)\n"
    "  --warm-mb N       memory of started interpreters kept for warm starts, 0-1000000 (default 1024;\n"
    "                    0: every start is cold)\n"
    "  --warm-jobs N     jobs started from one interpreter before it is made anew, 1-1000000\n"
    "                    (default 1000)\n"
    "  --warm-idle N     seconds after which one without a job is let go, 1-1000000 (default 600)\n"
    "  --slots N         jobs at a time, 1-256 (default 8)\n"
    "  --uid-base N      root: slot n runs as uid N+n, warm ones as uids behind those, 65 times the\n"
    "                    slots in all (default 990000); no account may use them\n"
    "  --allow-uid UID   a uid or user name that may connect, besides our own\n"
    "  --user-mode       user namespaces even as root\n"
    "  --log-level L     debug, info, warn or error (default info)\n"
    "  --check           make the self-test, print it, exit 0 if scripts can be run here\n"
    "  --doctor          ask the running one at --socket, print it, exit 0 if it takes jobs\n"
    "  --json            for --check and --doctor\n"
    "  --man             print the manual page (roff)\n"
    "  --help, --version\n";

static void print_manual(void)
{
    printf(".TH EXECGOV\\-SANDBOXD 8 \"\" \"ExecGov " EXECGOV_VERSION "\" \"System Administration\"\n"
           ".SH NAME\nexecgov\\-sandboxd \\- runs scripts in isolation for execgov\\-worker\n"
           ".SH SYNOPSIS\n.B execgov\\-sandboxd\n[\\fIOPTIONS\\fR]\n"
           ".SH DESCRIPTION\nThe only program of the platform that runs as root: namespaces, limits and a "
           "filter of system calls around every script. It has no network, no database and no secrets.\n"
           ".SH OPTIONS\n.nf\n");
    for (const char *c = strstr(help, "\n\n") + 2; *c; c++)
        printf(*c == '-' ? "\\-" : *c == '\\' ? "\\e" : "%c", *c);
    printf(".fi\n.SH SIGNALS\nSIGTERM ends every job and then the program.\n"
           ".SH EXIT STATUS\n0 as asked, 2 the command line is wrong, 5 it cannot isolate here.\n");
}

struct arguments {
    struct host_options options;
    enum log_level level;
    bool check, doctor, json;
};

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "execgov-sandboxd: %s %s\n%s", what, value, help);
    return 2;
}

static bool uid_parse(const char *text, uid_t *uid)
{
    int64_t number;
    struct passwd *user;

    if (text_parse_i64(text, 0, 4294967294, &number)) {
        *uid = (uid_t)number;
        return true;
    }
    user = getpwnam(text);
    if (user)
        *uid = user->pw_uid;
    return user != NULL;
}

/* One option with its value; false if the value cannot be used. */
static bool option_take(struct arguments *a, int option, const char *value)
{
    int64_t number = 0;
    bool ok = true;

    if (option == 's')
        a->options.socket_path = value;
    else if (option == 'c')
        a->options.cache_path = value;
    else if (option == 'n' && (ok = text_parse_i64(value, 1, HOST_SLOTS_MAX, &number)))
        a->options.slots = (int)number;
    else if (option == 'u' && (ok = text_parse_i64(value, 10000, 4294960000, &number)))
        a->options.uid_base = (uid_t)number;
    else if (option == 'b' && (ok = text_parse_i64(value, 100, 1000000, &number)))
        a->options.cache_bytes = (uint64_t)number << 20;
    else if (option == 'w' && (ok = text_parse_i64(value, 0, 1000000, &number)))
        a->options.warm_bytes = (uint64_t)number << 20;
    else if (option == 'W' && (ok = text_parse_i64(value, 1, 1000000, &number)))
        a->options.warm_jobs = (int)number;
    else if (option == 'i' && (ok = text_parse_i64(value, 1, 1000000, &number)))
        a->options.warm_idle_s = (int)number;
    else if (option == 'a')
        ok = uid_parse(value, &a->options.allow_uid);
    else if (option == 'l')
        ok = log_level_parse(value, &a->level);
    else if (option == 'm')
        a->options.user_mode = true;
    else if (option == 'k')
        a->check = true;
    else if (option == 'd')
        a->doctor = true;
    else if (option == 'j')
        a->json = true;
    return ok;
}

/* -1: go on; otherwise the exit code. */
static int arguments_parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        { "socket", required_argument, NULL, 's' },   { "cache", required_argument, NULL, 'c' },
        { "cache-mb", required_argument, NULL, 'b' }, { "slots", required_argument, NULL, 'n' },
        { "uid-base", required_argument, NULL, 'u' }, { "allow-uid", required_argument, NULL, 'a' },
        { "user-mode", no_argument, NULL, 'm' },      { "log-level", required_argument, NULL, 'l' },
        { "check", no_argument, NULL, 'k' },          { "doctor", no_argument, NULL, 'd' },
        { "json", no_argument, NULL, 'j' },           { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'v' },        { "man", no_argument, NULL, 'M' },
        { "warm-mb", required_argument, NULL, 'w' },  { "warm-jobs", required_argument, NULL, 'W' },
        { "warm-idle", required_argument, NULL, 'i' },
        { 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'h' || c == 'v') {
            puts(c == 'h' ? help : "execgov-sandboxd " EXECGOV_VERSION);
            return 0;
        }
        if (c == 'M') {
            print_manual();
            return 0;
        }
        if (c == '?')
            return 2;
        if (!option_take(a, c, optarg))
            return usage("cannot use the value", optarg);
    }
    if (optind < argc)
        return usage("does not know", argv[optind]);
    if (!a->options.socket_path && !a->check)
        return usage("needs", "--socket");
    if (!a->doctor && (!a->options.cache_path || a->options.cache_path[0] != '/'))
        return usage("needs", "--cache with an absolute path");
    return -1;
}

static void print_status(const struct doctor_status *status, bool json)
{
    struct buf text = { 0 };

    if (json)
        doctor_print_json(status, &text);
    else
        doctor_print(status, &text);
    fputs(buf_text(&text), stdout);
    buf_release(&text);
}

static int doctor(const struct arguments *a)
{
    struct doctor_status status;
    struct gov_err err = { 0 };

    if (!doctor_ask(a->options.socket_path, 30000, &status, &err)) {
        fprintf(stderr, "execgov-sandboxd: %s %s\n", err.en, err.cause);
        return gov_code_info(err.code)->exit_code;
    }
    print_status(&status, a->json);
    return status.accepting ? 0 : gov_code_info(GOV_SANDBOX_UNAVAILABLE)->exit_code;
}

static void signal_ready(void *user, short events)
{
    struct host *host = user;

    (void)events;
    host->poller.stop = true;
}

static int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* End every job and wait until they are gone, a few seconds at most. */
static void drain(struct host *host)
{
    int64_t until = clock_mono_us() + DRAIN_MS * 1000;

    host->draining = true;
    runtime_late_stop(host);
    for (struct group *g = host->groups; g; g = g->next)
        group_kill(g, SANDBOX_LIMIT_LOST);
    zygote_pool_stop(host);
    while ((host->groups || host->helpers || host->zygotes) && clock_mono_us() < until) {
        poller_round(&host->poller, HOST_TICK_MS);
        host_tick(host);
    }
}

static void run(struct host *host, bool until_tested)
{
    while (!host->poller.stop && !(until_tested && host->status.tested)) {
        poller_round(&host->poller, host_timeout(host));
        host_tick(host);
    }
}

static int serve(struct host *host, const struct arguments *a)
{
    struct server server = { .listener = -1 };
    struct gov_err err = { 0 };
    int code = 0, signals = signals_open();
    struct watch *watch = poller_watch(&host->poller, signals, POLLIN, signal_ready, host);

    if (!a->check && !server_start(&server, host, &err)) {
        log_error(LEVEL_ERROR, "sandboxd.start", &err);
        fprintf(stderr, "execgov-sandboxd: %s %s\n", err.en, err.cause);
        code = gov_code_info(err.code)->exit_code;
    } else {
        struct selftest *test = selftest_start(host);
        if (!a->check)
            runtime_late_look(host);
        run(host, a->check);
        drain(host);
        selftest_free(test);
        if (a->check) {
            print_status(&host->status, a->json);
            code = host->status.accepting ? 0 : gov_code_info(GOV_SANDBOX_UNAVAILABLE)->exit_code;
        }
    }
    server_stop(&server);
    drain(host);
    poller_forget(watch);
    close(signals);
    return code;
}

/* A descriptor with the number of a standard stream would be mistaken for it in a child. */
static bool streams_occupy(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    struct arguments a = {
        .options = { .slots = 8,
                     .cache_bytes = 4096ull << 20,
                     .warm_bytes = 1024ull << 20,
                     .warm_jobs = 1000,
                     .warm_idle_s = 600,
                     .uid_base = 990000,
                     .allow_uid = geteuid() },
        .level = LEVEL_INFO,
    };
    struct gov_err err = { 0 };
    struct host *host;
    int code = arguments_parse(argc, argv, &a);

    if (code >= 0)
        return code;
    if (!streams_occupy())
        return 5;
    if (a.doctor)
        return doctor(&a);
    log_start("sandboxd", a.level);
    /* A message is 70 KB: without this each one takes its pages from the kernel and gives them back. */
    mallopt(M_TOP_PAD, HEAP_KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, 2 * HEAP_KEPT_BYTES);
    setlocale(LC_CTYPE, "C.UTF-8"); /* names in archives */
    host = calloc(1, sizeof *host);
    if (!host)
        return 5;
    if (host_init(host, &a.options, &err)) {
        log_write(LEVEL_INFO, "sandboxd.started", LOG_NUMBER("level", host->status.level),
                  LOG_NUMBER("slots", a.options.slots), LOG_FIELD("detail", host->status.detail));
        code = serve(host, &a);
    } else {
        log_error(LEVEL_ERROR, "sandboxd.start", &err);
        fprintf(stderr, "execgov-sandboxd: %s %s\n", err.en, err.cause);
        code = gov_code_info(err.code)->exit_code;
    }
    host_release(host);
    free(host);
    return code;
}
