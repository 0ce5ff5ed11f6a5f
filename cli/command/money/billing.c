/* billing.c - one's own tenant's subscription and orders, as its owner sees them; also while it is shut down. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

static const char *order_path(struct cli *cli, const struct args *args, const char *act)
{
    return arena_format(&cli->arena, "/v1/orders/%s%s", remote_segment(cli, args->words[0]), act);
}

/* Slots for skills, and where they are from; nothing where a tenant has as many as it wants. */
static void slots_show(struct cli *cli, const json_t *slots)
{
    static const struct money_column columns[] = {
        { "slots", { "SLOTS", "槽位" } }, { "order_no", { "ORDER", "订单" } }, { "since", { "SINCE", "自" } },
        { "until", { "UNTIL", "至" } }, { NULL, { NULL, NULL } },
    };
    const json_t *limit = json_object_get(slots, "limit"), *grants = json_object_get(slots, "grants");

    if (!json_is_integer(limit))
        return;
    cli_say(cli, "slots for skills: %lld of %lld are used (%lld of the edition)", "技能槽位：已用 %lld，共 %lld（其中版本自带 %lld）",
            (long long)json_get_int(slots, "used", 0), (long long)json_integer_value(limit), (long long)json_get_int(slots, "base", 0));
    if (json_array_size(grants) > 0)
        money_table(cli, grants, columns);
}

bool command_billing_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *shown, *subscription;

    (void)args;
    if (!remote_get(cli, "/v1/subscription", &shown, err))
        return false;
    subscription = json_object_get(shown, "subscription");
    if (cli->json) {
        cli_print_json(shown);
        return true;
    }
    if (json_is_object(subscription))
        money_one(cli, subscription);
    else
        cli_say(cli, "this tenant has no subscription, so nothing of it ends; execgov billing offers shows what can be ordered",
                "本租户没有订阅，不会到期；execgov billing offers 列出可订购的版本");
    slots_show(cli, json_object_get(shown, "slots"));
    return true;
}

bool command_billing_offers(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "code", { "CODE", "代码" } }, { "kind", { "KIND", "类型" } }, { "price", { "PRICE", "价格" } },
        { "interval/unit", { "PER", "周期" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, "/v1/editions", columns, err);
}

bool command_billing_orders(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "no", { "NO", "单号" } }, { "kind", { "KIND", "类型" } }, { "state", { "STATE", "状态" } },
        { "edition", { "EDITION", "版本" } }, { "amount", { "AMOUNT", "金额" } }, { "id", { "ID", "编号" } },
        { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, "/v1/orders", columns, err);
}

bool command_billing_order(struct cli *cli, const struct args *args, struct gov_err *err)
{
    long quantity = 1;

    return args_number(args, "quantity", 1, 1000, &quantity, err) &&
           money_post(cli, "/v1/orders", json_pack("{s:s, s:I, s:s*}", "edition", args->words[0], "quantity",
                                                   (json_int_t)quantity, "tenant_name", args_value(args, "tenant-name", NULL)),
                      err);
}

/* A team that began beside a personal account: the order is the team's from then on. */
static bool team_is_there(const json_t *order)
{
    const char *kind = json_get_text(order, "kind"), *state = json_get_text(order, "state");

    return kind && state && strcmp(kind, "upgrade") == 0 && strcmp(state, "active") == 0;
}

bool command_billing_pay(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *order;

    if (!remote_get(cli, order_path(cli, args, ""), &order, err))
        return false;
    if (cli->json) {
        cli_print_json(order);
        return true;
    }
    money_one(cli, order);
    if (team_is_there(order))
        cli_note(cli, "the team begins without scripts. To copy yours, with the login of your own account: execgov -p default skill copy --all --to %s",
                 "团队中还没有脚本。要复制您的脚本，请用您个人账户的登录执行：execgov -p default skill copy --all --to %s", cli->profile.name);
    return true;
}

bool command_billing_report(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, order_path(cli, args, "/report-payment"),
                      json_pack("{s:s*}", "reference", args_value(args, "reference", NULL)), err);
}

bool command_billing_cancel(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, order_path(cli, args, "/cancel"), NULL, err);
}

bool command_billing_end(struct cli *cli, const struct args *args, struct gov_err *err)
{
    (void)args;
    return money_post(cli, "/v1/subscription/cancel", NULL, err);
}

bool command_billing_continue(struct cli *cli, const struct args *args, struct gov_err *err)
{
    (void)args;
    return money_post(cli, "/v1/subscription/continue", NULL, err);
}
