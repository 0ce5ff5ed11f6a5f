/* schedule_preview.c - when a schedule fires next: one that is stored, or a rule that is not.
 *
 * A rule needs no server: the calendar and the zones are the same code as the scheduler's. */
#include <stdio.h>
#include <string.h>

#include "cli/command/schedule/schedule.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/model/cron.h"
#include "core/model/slot_input.h"

enum { FIRINGS_MAX = 1000 };

static bool looks_like_rule(const char *word)
{
    /* The names that an import makes have spaces, too. */
    return *word == '@' || (strchr(word, ' ') && strchr("0123456789*", *word));
}

static bool firings_of_rule(struct cli *cli, const struct args *args, long count, json_t *items,
                            struct gov_err *err)
{
    const char *name = args_value(args, "timezone", "UTC"), *from = args_value(args, "since", NULL);
    const struct zone *zone = zone_read(name, &cli->arena);
    int64_t us = clock_now_us(), slot_s;
    struct cron cron;
    char text[CLOCK_TEXT_BYTES];

    if (!zone_known(name))
        return gov_fail_at(err, GOV_INVALID_INPUT, "--timezone", "format",
                           "\"%s\" is not a time zone; use a name like Europe/Berlin",
                           "“%s”不是时区；请使用形如 Asia/Shanghai 的名称", name);
    if (from && !clock_parse(from, &us))
        return gov_fail_at(err, GOV_INVALID_INPUT, "--since", "format",
                           "must be a time like 2026-03-31T08:00:00Z (RFC 3339)",
                           "必须是形如 2026-03-31T08:00:00Z 的时间（RFC 3339）");
    if (!cron_parse(args->words[0], "RULE", &cron, err))
        return false;
    slot_s = us / 1000000 - (us < 0);
    for (long i = 0; i < count && cron_next(&cron, zone, slot_s, &slot_s); i++)
        json_array_append_new(items, json_pack("{s:s, s:s}", "fire_at",
                                               clock_format(slot_s * 1000000, text), "local",
                                               slot_local_text(slot_s, zone, &cli->arena)));
    if (json_array_size(items) == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "RULE", "never", "this rule never fires",
                           "该规则永远不会触发");
    return true;
}

bool command_schedule_preview(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *items = json_own(&cli->arena, json_array());
    const json_t *answer, *one;
    long count = 10;
    size_t i;

    if (!args_number(args, "limit", 1, FIRINGS_MAX, &count, err))
        return false;
    if (looks_like_rule(args->words[0])) {
        if (!firings_of_rule(cli, args, count, items, err))
            return false;
    } else {
        const char *id;
        if (!schedule_id(cli, args->words[0], &id, err) ||
            !remote_get(cli, arena_format(&cli->arena, "/v1/schedules/%s/preview?n=%ld", id, count),
                        &answer, err))
            return false;
        items = json_object_get(answer, "items");
    }
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    json_array_foreach (items, i, one)
        printf("%s\n", json_get_text(one, "local"));
    return true;
}
