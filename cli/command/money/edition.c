/* edition.c - what is sold: the catalogue, new editions and versions, the end of a sale. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/yaml.h"
#include "core/base/json.h"
#include "core/model/money.h"

#define PATH "/v1/platform/editions"

enum { FILE_BYTES_MAX = 64 * 1024 };

static const char *path_of(struct cli *cli, const char *edition, const char *act)
{
    return arena_format(&cli->arena, PATH "/%s%s", remote_segment(cli, edition), act);
}

bool command_edition_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "code", { "CODE", "代码" } }, { "ver", { "VER", "版次" } }, { "kind", { "KIND", "类型" } },
        { "price", { "PRICE", "价格" } }, { "interval/unit", { "PER", "周期" } }, { "sold_from", { "SOLD FROM", "起售时间" } },
        { "sold_to", { "SOLD UNTIL", "停售时间" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, args_flag(args, "on-sale") ? "/v1/editions" : PATH, columns, err);
}

bool command_edition_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "ver", { "VER", "版次" } }, { "price", { "PRICE", "价格" } }, { "interval/count", { "EVERY", "周期数" } },
        { "interval/unit", { "UNIT", "周期" } }, { "tax_bp", { "TAX (BP)", "税率（万分之）" } }, { "reminder_policy", { "REMINDERS", "提醒策略" } },
        { "subscriptions", { "SUBSCRIPTIONS", "订阅数" } }, { "open_orders", { "OPEN ORDERS", "未付订单" } },
        { "sold_from", { "SOLD FROM", "起售时间" } }, { "sold_to", { "SOLD UNTIL", "停售时间" } }, { NULL, { NULL, NULL } },
    };
    const json_t *edition;

    if (!remote_get(cli, path_of(cli, args->words[0], ""), &edition, err))
        return false;
    if (cli->json) {
        cli_print_json(edition);
        return true;
    }
    money_one(cli, edition);
    money_table(cli, json_object_get(edition, "versions"), columns);
    if (!json_is_integer(json_object_get(edition, "on_sale")))
        cli_note(cli, "it is not on sale: whoever has it is renewed at the terms he has, which is a task each time",
                 "该版本已停售：已有客户按现有条款续费，每次都会生成待办");
    return true;
}

/* Terms as a person wrote them, as the API takes them. */
static bool file_read(struct cli *cli, const char *path, json_t **terms, struct gov_err *err)
{
    const char *text;
    size_t bytes;

    if (!file_text_read(cli, path, FILE_BYTES_MAX, &text, &bytes, err))
        return false;
    *terms = yaml_read(text, bytes, &cli->arena, err);
    if (!*terms)
        return false;
    return json_is_object(*terms) ||
           gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "must be YAML or JSON with code, kind, title, price_minor, currency, ...",
                       "须为 YAML 或 JSON，含 code、kind、title、price_minor、currency 等");
}

bool command_edition_create(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *terms;

    return file_read(cli, args->words[0], &terms, err) && money_post(cli, PATH, json_incref(terms), err);
}

/* The newest version's terms, without what makes it that version. */
static json_t *terms_of(const json_t *version)
{
    static const char *const kept[] = { "tax_bp", "tax_inclusive", "limits", "grace_days", "min_grace_days", "retention_days",
                                        "late_policy", "policy" };
    const json_t *price = json_object_get(version, "price"), *interval = json_object_get(version, "interval");
    json_t *terms = json_pack("{s:O, s:O, s:O*, s:O*}", "price_minor", json_object_get(price, "amount_minor"), "currency",
                              json_object_get(price, "currency"), "interval_unit", json_object_get(interval, "unit"),
                              "interval_count", json_object_get(interval, "count"));

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        json_object_set(terms, kept[i], json_object_get(version, kept[i]));
    return terms;
}

static bool priced(const struct args *args, json_t *terms, struct gov_err *err)
{
    const char *price = args_value(args, "price", NULL), *currency = json_get_text(terms, "currency");
    int64_t minor;

    if (!price)
        return true;
    if (!money_parse(price, currency ? currency : "", &minor, err))
        return false;
    json_object_set_new(terms, "price_minor", json_integer(minor));
    return true;
}

bool command_edition_version(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *since = args_value(args, "since", NULL);
    const json_t *edition;
    json_t *changed = NULL;

    if (args->count < 2 && !args_value(args, "price", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say what is new: --price 329.00, or a FILE with the terms that change",
                        "请说明变化：--price 329.00，或包含变更条款的文件");
    if (args->count == 2 && !file_read(cli, args->words[1], &changed, err))
        return false;
    if (!remote_get(cli, path_of(cli, args->words[0], ""), &edition, err))
        return false;
    json_t *terms = json_own(&cli->arena, terms_of(json_array_get(json_object_get(edition, "versions"), 0)));
    if (changed)
        json_object_update(terms, changed);
    if (!priced(args, terms, err))
        return false;
    if (since)
        json_object_set_new(terms, "sold_from", json_string(since));
    return money_post(cli, path_of(cli, args->words[0], "/versions"), json_incref(terms), err);
}

bool command_edition_end_sale(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *ver = args->count == 2 ? args->words[1] : NULL, *reason = args_value(args, "comment", NULL);
    const json_t *edition, *on_sale;

    if (!reason)
        return gov_fail(err, GOV_INVALID_INPUT, "say why: --comment TEXT", "请说明原因：--comment 原因");
    if (!ver) {
        if (!remote_get(cli, path_of(cli, args->words[0], ""), &edition, err))
            return false;
        on_sale = json_object_get(edition, "on_sale");
        if (!json_is_integer(on_sale))
            return gov_fail(err, GOV_NOT_ON_SALE, "no version of it is on sale; name one that is announced: edition end-sale %s VER",
                            "该版本当前没有在售版次；如需撤回预告版次，请指明：edition end-sale %s 版次", args->words[0]);
        ver = arena_format(&cli->arena, "%lld", (long long)json_integer_value(on_sale));
    }
    return money_post(cli, path_of(cli, args->words[0], arena_format(&cli->arena, "/versions/%s/end-sale", remote_segment(cli, ver))),
                      json_pack("{s:s, s:s*}", "reason", reason, "until", args_value(args, "until", NULL)), err);
}
