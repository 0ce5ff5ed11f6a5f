/* subscription_change.c - another edition, an override, a notice, the end, and the clock of test databases. */
#include <time.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/net/remote.h"
#include "core/base/clock.h"
#include "core/base/json.h"

enum { WAIT_MS = 200, WAITS_MAX = 600 };
/* A scan that finds a longer gap than 36 hours stops and asks. */
static const int64_t SCANNED_US = 330 * 1000000LL, STEP_US = 30 * 3600 * 1000000LL;
#define CLOCK "/v1/platform/lifecycle/clock"

bool command_subscription_edition(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/edition", remote_segment(cli, args->words[0])),
                      json_pack("{s:s}", "edition", args->words[1]), err);
}

bool command_subscription_timezone(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/timezone", remote_segment(cli, args->words[0])),
                      json_pack("{s:s}", "timezone", args->words[1]), err);
}

bool command_subscription_override(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (!args_value(args, "until", NULL) || !args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say until when and why: --until 2026-12-10T00:00:00+08:00 --comment TEXT",
                        "请说明期限和原因：--until 2026-12-10T00:00:00+08:00 --comment 原因");
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/override", remote_segment(cli, args->words[0])),
                      json_pack("{s:s, s:s}", "until", args_value(args, "until", NULL), "reason",
                                args_value(args, "comment", NULL)), err);
}

bool command_subscription_release(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/holds/%s/release",
                                        remote_segment(cli, args->words[0]), remote_segment(cli, args->words[1])), NULL, err);
}

bool command_subscription_notice(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *at = args_value(args, "at", NULL), *how = args_value(args, "how", NULL), *to = args_value(args, "to", NULL),
               *reference = args_value(args, "reference", NULL), *evidence;

    if (!at || !how || !to || !reference)
        return gov_fail(err, GOV_INVALID_INPUT, "say when, how, whom and where that is written down: --at 2026-12-01T10:00:00+08:00 "
                        "--how post --to WHO --reference R", "请说明时间、方式、被告知人和凭据编号：--at 2026-12-01T10:00:00+08:00 "
                        "--how post --to 姓名 --reference R");
    if (!money_evidence(args, &evidence, err))
        return false;
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/notice", remote_segment(cli, args->words[0])),
                      json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "given_at", at, "method", how, "recipient", to, "reference",
                                reference, "evidence_sha256", evidence, "reason",
                                args_value(args, "comment", NULL)), err);
}

bool command_subscription_terminate(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (!args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say why: --comment TEXT", "请说明原因：--comment 原因");
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/subscriptions/%s/terminate", remote_segment(cli, args->words[0])),
                      json_pack("{s:s}", "reason", args_value(args, "comment", NULL)), err);
}

/* --- the clock --- */

static bool advance(struct cli *cli, int64_t seconds, const json_t **clock, struct gov_err *err)
{
    json_t *body = json_own(&cli->arena, json_pack("{s:I}", "seconds", (json_int_t)seconds));

    return remote_post(cli, CLOCK, body, clock, err);
}

/* A scan has run since the clock was moved (it notes so every five minutes), and nothing is due. */
static bool settled(const json_t *clock)
{
    const char *at = json_get_text(clock, "scanned_at");
    int64_t now, scanned;

    return at && json_get_int(clock, "due", 0) == 0 && clock_parse(json_get_text(clock, "now"), &now) &&
           clock_parse(at, &scanned) && now - scanned < SCANNED_US;
}

/* Until the scans have done what is due. */
static bool settle(struct cli *cli, const json_t **clock, struct gov_err *err)
{
    const struct timespec pause = { 0, WAIT_MS * 1000000L };

    for (int i = 0; i < WAITS_MAX; i++) {
        if (!remote_get(cli, CLOCK, clock, err))
            return false;
        if (settled(*clock))
            return true;
        nanosleep(&pause, NULL);
    }
    return gov_fail(err, GOV_DEADLINE, "what is due is not done: is execgov-lifecycle running?",
                    "到期事项未处理：execgov-lifecycle 是否在运行？");
}

/* From one due moment to the next, so that each is handled in its time, as if nobody had moved the clock. */
static bool walk(struct cli *cli, int64_t target_us, const json_t **clock, struct gov_err *err)
{
    for (;;) {
        int64_t now, next = 0;
        if (!settle(cli, clock, err))
            return false;
        const char *next_at = json_get_text(*clock, "next_at");
        if (!clock_parse(json_get_text(*clock, "now"), &now) || (next_at && !clock_parse(next_at, &next)))
            return gov_fail_cause(err, GOV_INTERNAL, "a clock that cannot be read");
        if (now >= target_us)
            return true;
        int64_t to = next && next < target_us ? next : target_us;
        to = to - now > STEP_US ? now + STEP_US : to;
        if (!advance(cli, to > now ? (to - now) / 1000000 + 1 : 1, clock, err))
            return false;
    }
}

bool command_lifecycle_clock(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *clock;
    long days = 0;
    int64_t now;

    if (!args_number(args, "days", 1, 3650, &days, err) || !remote_get(cli, CLOCK, &clock, err))
        return false;
    if (days && (!clock_parse(json_get_text(clock, "now"), &now) || !walk(cli, now + days * 86400000000LL, &clock, err)))
        return false;
    if (cli->json)
        cli_print_json(clock);
    else
        money_one(cli, clock);
    return true;
}
