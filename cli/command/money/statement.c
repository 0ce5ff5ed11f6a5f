/* statement.c - files of banks and providers: bank statements, settlement files, and how they are read. */
#include "cli/command/commands.h"
#include "cli/command/money/money_file.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

static const struct money_column line_columns[] = {
    { "line", { "LINE", "行" } }, { "date", { "DATE", "日期" } }, { "amount_minor", { "AMOUNT", "金额" } },
    { "currency", { "CUR", "币种" } }, { "reference", { "REFERENCE", "流水号" } }, { "order_no", { "ORDER", "订单号" } },
    { "verdict", { "WOULD BE", "判定" } }, { "result", { "BECAME", "结果" } }, { NULL, { NULL, NULL } },
};
static const struct money_column difference_columns[] = {
    { "result", { "RESULT", "结果" } }, { "kind", { "KIND", "类型" } }, { "txn", { "TRANSACTION", "交易号" } },
    { "amount_minor", { "THERE", "渠道金额" } }, { "ours_minor", { "HERE", "本地金额" } },
    { "currency", { "CUR", "币种" } }, { "day", { "DAY", "日期" } }, { NULL, { NULL, NULL } },
};

bool command_payment_statement(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *digest = args_value(args, "apply", NULL);
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:b, s:s*}", "format", args->words[0], "dry_run", !digest, "digest",
                                                   digest));

    return money_file_add(cli, args->words[1], body, err) &&
           money_file_send(cli, "/v1/platform/payments/statements", body, line_columns, err);
}

bool command_payment_reconcile(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s, s:s*, s:b}", "provider", args->words[0], "format", args->words[1],
                                                   "day", args_value(args, "day", NULL), "dry_run",
                                                   args_flag(args, "dry-run")));

    return money_file_add(cli, args->words[2], body, err) &&
           money_file_send(cli, "/v1/platform/payments/reconciliations", body, difference_columns, err);
}

bool command_payment_formats(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "code", { "CODE", "代码" } }, { "title", { "TITLE", "名称" } }, { "method", { "METHOD", "收款方式" } },
        { "mapping/encoding", { "ENCODING", "编码" } }, { "mapping/columns/reference", { "REFERENCE", "流水号列" } },
        { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, "/v1/platform/statement-formats", columns, err);
}

bool command_payment_format(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    const char *text;
    size_t bytes;

    if (!file_text_read(cli, args->words[1], 64 * 1024, &text, &bytes, err))
        return false;
    json_t *mapping = json_parse(&cli->arena, text, bytes, err);
    if (!mapping)
        return false;
    const struct remote_call put = {
        .method = "PUT",
        .path = arena_format(&cli->arena, "/v1/platform/statement-formats/%s", remote_segment(cli, args->words[0])),
        .body = json_own(&cli->arena, json_pack("{s:s, s:s*, s:O}", "title", args_value(args, "title", args->words[0]), "method",
                                                args_value(args, "method", NULL), "mapping", mapping)),
    };
    if (!remote_send(cli, &put, &answer, err))
        return false;
    money_one(cli, answer.json);
    return true;
}

/* --- tasks --- */

bool command_task_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "created_at", { "SINCE", "时间" } }, { "kind", { "KIND", "类型" } }, { "ref", { "ABOUT", "对象" } },
        { "order_id", { "ORDER", "订单" } }, { "payment_id", { "PAYMENT", "付款" } }, { "id", { "ID", "编号" } },
        { NULL, { NULL, NULL } },
    };
    json_t *items, *remedy;
    size_t i;

    (void)args;
    if (cli->json)
        return money_list(cli, "/v1/platform/finance-tasks", columns, err);
    if (!remote_list(cli, "/v1/platform/finance-tasks", 0, &items, NULL, err))
        return false;
    money_table(cli, items, columns);
    json_array_foreach(items, i, remedy)
    {
        const char *en, *zh;

        remedy = json_object_get(json_object_get(remedy, "detail"), "remedy");
        en = json_get_text(remedy, "en");
        zh = json_get_text(remedy, "zh-CN");
        if (en && zh)
            cli_note(cli, "%s: %s", "%s：%s", json_get_text(json_array_get(items, i), "ref"), cli_text(cli, en, zh));
    }
    return true;
}

bool command_task_done(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/finance-tasks/%s/done", remote_segment(cli, args->words[0])),
                      json_pack("{s:s}", "outcome", args->words[1]), err);
}
