/* statement.c - files of banks and providers: bank statements, settlement files, and how they are read. */
#include <stdlib.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_file.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/out/term.h"
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

static const char *word(const json_t *line, const char *name)
{
    const char *text = json_get_text(line, name);

    return text ? text : "-";
}

/* Words of a bank's file, in one line and without what a terminal or a shell would take for more than words: they stand beside
 * commands that somebody types. */
static const char *bank_word(struct cli *cli, const json_t *line, const char *name)
{
    char *shown = term_visible(word(line, name), true);
    char *kept = arena_text(&cli->arena, shown);

    for (char *at = kept; (at = strpbrk(at, "\"`$\\")); at++)
        *at = ' ';
    free(shown);
    return kept;
}

/* What helps where the task does not say so itself; NULL: nothing that is known here. */
static const char *remedy_of(struct cli *cli, const json_t *task)
{
    const json_t *line = json_object_get(task, "detail"), *told = json_object_get(line, "remedy");
    const char *kind = word(task, "kind"), *payment = json_get_text(task, "payment_id");
    bool zh = cli->language == GOV_ZH;

    if (told)
        return json_get_text(told, zh ? "zh-CN" : "en");
    if (payment && strncmp(kind, "payment_", strlen("payment_")) == 0)
        return arena_format(&cli->arena, zh ? "用于订单：execgov payment apply 订单 %s；或退回：execgov payment return %s --reference … --comment …"
                                            : "for an order: execgov payment apply ORDER %s (others with it where it is too little); or "
                                              "give it back: execgov payment return %s --reference … --comment …",
                            payment, payment);
    if (strcmp(kind, "statement_no_order") != 0)
        return NULL;
    return arena_format(&cli->arena, zh ? "付款方 %s，附言 %s：请查明所属订单，execgov order confirm 订单 金额 --reference \"%s\" --on %s，确认后本待办自动结束；"
                                          "或退回该款，再 execgov task done %s \"处理结果\""
                                        : "from %s, who says: %s. Find its order, then execgov order confirm ORDER AMOUNT --reference \"%s\" --on "
                                          "%s, which ends this; or send it back, then execgov task done %s \"what became of it\"",
                        bank_word(cli, line, "payer"), bank_word(cli, line, "memo"), bank_word(cli, line, "reference"), word(line, "date"),
                        word(task, "id"));
}

bool command_task_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "created_at", { "SINCE", "时间" } }, { "kind", { "KIND", "类型" } }, { "ref", { "ABOUT", "对象" } },
        { "detail/amount_minor", { "AMOUNT", "金额" } }, { "detail/currency", { "CUR", "币种" } }, { "order_id", { "ORDER", "订单" } }, { "payment_id", { "PAYMENT", "付款" } }, { "id", { "ID", "编号" } },
        { NULL, { NULL, NULL } },
    };
    json_t *items, *task;
    size_t i;

    (void)args;
    if (cli->json)
        return money_list(cli, "/v1/platform/finance-tasks", columns, err);
    if (!remote_list(cli, "/v1/platform/finance-tasks", 0, &items, NULL, err))
        return false;
    money_table(cli, items, columns);
    json_array_foreach(items, i, task)
    {
        const char *remedy = remedy_of(cli, task);

        if (remedy)
            cli_note(cli, "%s: %s", "%s：%s", json_get_text(task, "ref"), remedy);
    }
    return true;
}

bool command_task_done(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/finance-tasks/%s/done", remote_segment(cli, args->words[0])),
                      json_pack("{s:s}", "outcome", args->words[1]), err);
}
