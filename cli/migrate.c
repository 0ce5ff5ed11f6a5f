/* migrate.c - flags in, core/io/migrate, a report out.
 *
 * Passwords come from the environment or a file and never from a flag: flags are shown by ps.
 */
#include "cli/migrate.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/text.h"
#include "core/io/migrate/migrate.h"

enum { EXIT_DONE = 0, EXIT_LEFT = 1, EXIT_USAGE = 2, PASSWORD_BYTES = 512 };

struct flags {
    const char *verb;
    const char *conninfo;
    const char *platform_password_file, *stripe_password_file, *egress_password_file;
    int64_t stripes, jobs;
    bool json, help, dry_run;
    enum gov_language language;
};

static const struct gov_text HELP = {
    "execgov migrate up|status|verify [--pg CONNINFO] [options]\n"
    "\n"
    "  up       bring the database and every tenant to this program's shape; can be interrupted\n"
    "           and run again, several at once take turns; --dry-run only says what it would do\n"
    "  status   say what is there and what is missing\n"
    "  verify   compare what was applied with this program's texts, and check owners and rights\n"
    "\n"
    "  --pg CONNINFO                   PostgreSQL, as a superuser (default: $EXECGOV_PG, else libpq's\n"
    "                                  own environment)\n"
    "  --stripes N                     login roles for tenants, at least (default 4)\n"
    "  --jobs N                        tenants migrated at the same time (default 4)\n"
    "  --platform-password-file FILE   first line: password of execgov_platform\n"
    "  --stripe-password-file FILE     first line: password of the execgov_stripe_N roles\n"
    "  --egress-password-file FILE     first line: password of execgov_egress\n"
    "                                  (or $EXECGOV_PLATFORM_PASSWORD, $EXECGOV_STRIPE_PASSWORD;\n"
    "                                  without: passwords stay as they are)\n"
    "  --dry-run                       with up: list what would be applied, and change nothing\n"
    "  --json                          report as JSON\n"
    "\n"
    "exit codes: 0 done, 1 work is left or faults were found, 2 usage, 5 database unavailable\n",
    "execgov migrate up|status|verify [--pg 连接信息] [选项]\n"
    "\n"
    "  up       将数据库和所有租户迁移到本程序的版本；可中断后重新执行，同时执行时依次进行；\n"
    "           加 --dry-run 只列出将要执行的内容\n"
    "  status   显示当前版本和待迁移的内容\n"
    "  verify   核对已执行的迁移与本程序是否一致，并检查属主和权限\n"
    "\n"
    "  --pg 连接信息                   PostgreSQL 超级用户（默认 $EXECGOV_PG，否则用 libpq 环境变量）\n"
    "  --stripes N                     租户登录角色的最少数量（默认 4）\n"
    "  --jobs N                        同时迁移的租户数（默认 4）\n"
    "  --platform-password-file 文件   第一行为 execgov_platform 的密码\n"
    "  --stripe-password-file 文件     第一行为 execgov_stripe_N 角色的密码\n"
    "  --egress-password-file 文件     第一行为 execgov_egress 的密码\n"
    "                                  （或用 $EXECGOV_PLATFORM_PASSWORD、$EXECGOV_STRIPE_PASSWORD；\n"
    "                                  不给则保持不变）\n"
    "  --dry-run                       与 up 一起使用：只列出将要执行的迁移，不作任何更改\n"
    "  --json                          以 JSON 输出\n"
    "\n"
    "退出码：0 完成，1 仍有待迁移内容或发现问题，2 用法错误，5 数据库不可用\n",
};

static enum gov_language language_of_environment(void)
{
    const char *names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return text_starts(value, "zh") ? GOV_ZH : GOV_EN;
    }
    return GOV_EN;
}

static int err_print(const struct flags *flags, const struct gov_err *err)
{
    fprintf(stderr, "execgov migrate: %s\n", gov_err_detail(err, flags->language));
    if (*err->cause)
        fprintf(stderr, "  %s\n", err->cause);
    return gov_code_info(err->code)->exit_code;
}

static bool number_read(const char *flag, const char *text, int64_t max, int64_t *value,
                        struct gov_err *err)
{
    if (text_parse_i64(text, 1, max, value))
        return true;
    return gov_fail(err, GOV_INVALID_INPUT, "--%s takes a number from 1 to %lld, not \"%s\"",
                    "--%s 应为 1 到 %lld 的数字，而不是“%s”", flag, (long long)max, text);
}

static bool flags_read(int argc, char **argv, struct flags *flags, struct gov_err *err)
{
    enum { PG = 1, STRIPES, JOBS, PLATFORM, STRIPE, EGRESS, JSON, DRY_RUN };
    static const struct option options[] = {
        { "pg", required_argument, NULL, PG },
        { "stripes", required_argument, NULL, STRIPES },
        { "jobs", required_argument, NULL, JOBS },
        { "platform-password-file", required_argument, NULL, PLATFORM },
        { "stripe-password-file", required_argument, NULL, STRIPE },
        { "egress-password-file", required_argument, NULL, EGRESS },
        { "json", no_argument, NULL, JSON },
        { "dry-run", no_argument, NULL, DRY_RUN },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    int c;

    optind = 0; /* the caller may have used getopt for its own flags: start over */
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case PG:
            flags->conninfo = optarg;
            break;
        case STRIPES:
            if (!number_read("stripes", optarg, MIGRATE_STRIPES_MAX, &flags->stripes, err))
                return false;
            break;
        case JOBS:
            if (!number_read("jobs", optarg, MIGRATE_JOBS_MAX, &flags->jobs, err))
                return false;
            break;
        case PLATFORM:
            flags->platform_password_file = optarg;
            break;
        case STRIPE:
            flags->stripe_password_file = optarg;
            break;
        case EGRESS:
            flags->egress_password_file = optarg;
            break;
        case JSON:
            flags->json = true;
            break;
        case DRY_RUN:
            flags->dry_run = true;
            break;
        case 'h':
            flags->help = true;
            break;
        default: /* getopt has said what is wrong */
            return gov_fail(err, GOV_INVALID_INPUT, "see execgov migrate --help",
                            "请参阅 execgov migrate --help");
        }
    }
    if (flags->help)
        return true;
    if (optind != argc - 1)
        return gov_fail(err, GOV_INVALID_INPUT, "one of up, status, verify is needed",
                        "需要指定 up、status 或 verify 之一");
    flags->verb = argv[optind];
    if (flags->dry_run && strcmp(flags->verb, "up") != 0)
        return gov_fail(err, GOV_INVALID_INPUT, "--dry-run goes with up; %s changes nothing anyway",
                        "--dry-run 只能与 up 一起使用；%s 本来就不作更改", flags->verb);
    return true;
}

/* The first line of `file`, else the environment's value, else NULL. */
static bool password_read(const char *file, const char *variable, struct arena *arena,
                          const char **password, struct gov_err *err)
{
    char line[PASSWORD_BYTES] = "";
    FILE *in;

    *password = getenv(variable);
    if (!file)
        return true;
    in = fopen(file, "re");
    if (!in || !fgets(line, sizeof line, in)) {
        if (in)
            fclose(in);
        return gov_fail(err, GOV_CONFIGURATION, "cannot read a password from %s", "无法从 %s 读取密码",
                        file);
    }
    fclose(in);
    line[strcspn(line, "\r\n")] = '\0';
    *password = arena_text(arena, line);
    return true;
}

static void progress_print(void *self, const char *what, size_t done, size_t total)
{
    const struct flags *flags = self;

    if (!flags->json)
        fprintf(stderr, "  %zu/%zu %s\n", done, total, what);
}

static int json_print(json_t *report)
{
    json_dumpf(report, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(report);
    return EXIT_DONE;
}

static json_t *names_json(const char *const *names)
{
    json_t *list = json_array();

    for (; *names; names++)
        json_array_append_new(list, json_string(*names));
    return list;
}

static int dry_run(struct flags *flags, struct arena *arena, struct gov_err *err)
{
    struct migrate_plan plan;

    if (!migrate_plan_read(flags->conninfo, &plan, arena, err))
        return err_print(flags, err);
    bool left = *plan.public_files || *plan.tenant_files || plan.tenants;
    if (flags->json) {
        json_print(json_pack("{s:b, s:o, s:o, s:I}", "current", !left, "public", names_json(plan.public_files), "tenant",
                             names_json(plan.tenant_files), "tenants", (json_int_t)plan.tenants));
        return left ? EXIT_LEFT : EXIT_DONE;
    }
    for (const char *const *name = plan.public_files; *name; name++)
        printf("public/%s\n", *name);
    for (const char *const *name = plan.tenant_files; *name; name++)
        printf("tenant/%s\n", *name);
    printf(flags->language == GOV_ZH ? "将更新 %zu 个租户；未作任何更改\n" :
                                       "%zu tenants would be brought up; nothing was changed\n",
           plan.tenants);
    return left ? EXIT_LEFT : EXIT_DONE;
}

static int up(struct flags *flags, struct arena *arena, struct gov_err *err)
{
    struct migrate_options options = { .conninfo = flags->conninfo,
                                       .stripes = (int)flags->stripes,
                                       .jobs = (int)flags->jobs,
                                       .progress = progress_print,
                                       .progress_self = flags };
    struct migrate_report report;
    bool done;

    if (flags->dry_run)
        return dry_run(flags, arena, err);
    if (!password_read(flags->platform_password_file, "EXECGOV_PLATFORM_PASSWORD", arena,
                       &options.platform_password, err) ||
        !password_read(flags->stripe_password_file, "EXECGOV_STRIPE_PASSWORD", arena,
                       &options.stripe_password, err) ||
        !password_read(flags->egress_password_file, "EXECGOV_EGRESS_PASSWORD", arena,
                       &options.egress_password, err))
        return err_print(flags, err);
    done = migrate_up(&options, &report, arena, err);
    for (size_t i = 0; i < report.tenants_failed; i++)
        fprintf(stderr, "  %s\n", report.failures[i]);
    if (flags->json)
        json_print(json_pack("{s:b, s:I, s:I, s:I}", "done", done, "public_applied",
                             (json_int_t)report.public_applied, "tenants_applied",
                             (json_int_t)report.tenants_applied, "tenants_failed",
                             (json_int_t)report.tenants_failed));
    else if (done)
        printf(flags->language == GOV_ZH ? "完成：执行了 %zu 个迁移，更新了 %zu 个租户\n" :
                                           "done: %zu migrations, %zu tenants brought up\n",
               report.public_applied, report.tenants_applied);
    return done ? EXIT_DONE : err_print(flags, err);
}

static int status(struct flags *flags, struct arena *arena, struct gov_err *err)
{
    struct migrate_status s;
    bool left;

    (void)arena;
    if (!migrate_status_read(flags->conninfo, &s, err))
        return err_print(flags, err);
    left = s.public_have < s.public_want || s.tenant_stored < s.tenant_want || s.tenants_behind;
    if (flags->json)
        json_print(json_pack("{s:b, s:i, s:i, s:i, s:i, s:I, s:I}", "current", !left, "public_have",
                             s.public_have, "public_want", s.public_want, "tenant_stored",
                             s.tenant_stored, "tenant_want", s.tenant_want, "tenants",
                             (json_int_t)s.tenants, "tenants_behind",
                             (json_int_t)s.tenants_behind));
    else
        printf(flags->language == GOV_ZH ?
                   "公共模式：版本 %d，应为 %d\n租户模式：版本 %d，应为 %d\n租户：%zu 个，%zu 个待迁移\n" :
                   "public: version %d of %d\ntenant: version %d of %d\ntenants: %zu, %zu behind\n",
               s.public_have, s.public_want, s.tenant_stored, s.tenant_want, s.tenants,
               s.tenants_behind);
    return left ? EXIT_LEFT : EXIT_DONE;
}

static int verify(struct flags *flags, struct arena *arena, struct gov_err *err)
{
    const struct migrate_fault *faults = NULL;
    size_t count = 0;

    if (!migrate_verify(flags->conninfo, &faults, &count, arena, err))
        return err_print(flags, err);
    if (flags->json) {
        json_t *list = json_array();

        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "check", faults[i].check,
                                                  "subject", faults[i].subject, "problem",
                                                  faults[i].problem));
        json_print(json_pack("{s:o}", "faults", list));
        return count ? EXIT_LEFT : EXIT_DONE;
    }
    for (size_t i = 0; i < count; i++)
        printf("%s: %s %s\n", faults[i].check, faults[i].subject, faults[i].problem);
    printf(flags->language == GOV_ZH ? "发现 %zu 个问题\n" : "%zu faults\n", count);
    return count ? EXIT_LEFT : EXIT_DONE;
}

int migrate_main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct flags *flags, struct arena *arena, struct gov_err *err);
    } verbs[] = { { "up", up }, { "status", status }, { "verify", verify } };
    struct flags flags = { .conninfo = getenv("EXECGOV_PG"),
                           .language = language_of_environment() };
    struct gov_err err = { 0 };
    struct arena arena;
    int code = -1;

    if (!flags_read(argc, argv, &flags, &err))
        return err_print(&flags, &err);
    if (flags.help) {
        fputs(gov_text_in(HELP, flags.language), stdout);
        return EXIT_DONE;
    }
    if (!flags.conninfo)
        flags.conninfo = "";
    arena_init(&arena);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(flags.verb, verbs[i].name) == 0)
            code = verbs[i].run(&flags, &arena, &err);
    arena_release(&arena);
    if (code >= 0)
        return code;
    gov_fail(&err, GOV_INVALID_INPUT, "migrate has no \"%s\"; there are up, status, verify",
             "migrate 没有“%s”；可用 up、status、verify", flags.verb);
    return err_print(&flags, &err);
}
