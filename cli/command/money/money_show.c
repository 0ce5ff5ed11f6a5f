#include "cli/command/money/money_show.h"

#include <string.h>

#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "core/base/json.h"
#include "core/model/money.h"

static const char *amount(struct cli *cli, const json_t *value)
{
    const char *currency = json_get_text(value, "currency");
    char text[MONEY_TEXT_BYTES];

    if (!currency || money_exponent(currency) < 0)
        return NULL;
    return arena_format(&cli->arena, "%s %s", money_format(json_get_int(value, "amount_minor", 0), currency, text), currency);
}

/* What is said of the amount stays: which order, whose reference. */
static const char *amount_and_more(struct cli *cli, const json_t *value)
{
    json_t *more = json_own(&cli->arena, json_copy((json_t *)(uintptr_t)value));

    json_object_del(more, "currency");
    json_object_del(more, "amount_minor");
    return arena_format(&cli->arena, "%s %s", amount(cli, value), json_text(&cli->arena, more));
}

/* A moment as the other commands show it; any other text as it is. */
static const char *words(struct cli *cli, const char *text)
{
    return strlen(text) > 10 && text[4] == '-' && text[10] == 'T' ? show_local_time(cli, text) : text;
}

/* A list of texts as "one, two"; NULL: it is another one. */
static const char *joined(struct cli *cli, const json_t *list)
{
    const char *all = "";
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        if (!json_is_string(one))
            return NULL;
        all = arena_format(&cli->arena, "%s%s%s", all, i ? ", " : "", json_string_value(one));
    }
    return all;
}

const char *money_cell(struct cli *cli, const json_t *value)
{
    if (json_is_string(value))
        return words(cli, json_string_value(value));
    if (json_is_array(value) && joined(cli, value))
        return joined(cli, value);
    if (json_get_text(value, "en") && json_get_text(value, "zh"))
        return json_get_text(value, cli->language == GOV_ZH ? "zh" : "en");
    if (json_get_text(value, "code") && json_get_text(value, "from")) /* what begins on a day: next_edition */
        return arena_format(&cli->arena, "%s%s%s%s", json_get_text(value, "code"), cli_text(cli, ", from ", "，自 "),
                            json_get_text(value, "from"), cli_text(cli, "", " 起"));
    if (json_is_integer(value))
        return arena_format(&cli->arena, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? cli_text(cli, "yes", "是") : cli_text(cli, "no", "否");
    if (json_is_object(value) && amount(cli, value))
        return json_object_size(value) == 2 ? amount(cli, value) : amount_and_more(cli, value);
    return value && !json_is_null(value) ? json_text(&cli->arena, value) : NULL;
}

static const json_t *member(const json_t *item, const char *path)
{
    const char *slash = strchr(path, '/');
    char first[40];

    if (!slash)
        return json_object_get(item, path);
    snprintf(first, sizeof first, "%.*s", (int)(slash - path), path);
    return member(json_object_get(item, first), slash + 1);
}

/* "29900" of "amount_minor" is "299.00", where the item says of which currency. */
const char *money_member(struct cli *cli, const json_t *item, const char *path)
{
    const json_t *value = member(item, path);
    const char *slash = strrchr(path, '/'), *end = strstr(path, "_minor");
    const char *currency = json_string_value(member(item, slash ? arena_format(&cli->arena, "%.*s/currency", (int)(slash - path), path) : "currency"));
    char text[MONEY_TEXT_BYTES];

    if (json_is_string(value))
        return words(cli, money_word(cli, path, json_string_value(value)));
    if (!end || end[strlen("_minor")] || !json_is_integer(value))
        return money_cell(cli, value);
    if (!currency || money_exponent(currency) < 0)
        return arena_format(&cli->arena, "%s (%s)", money_cell(cli, value), cli_text(cli, "minor units", "最小单位"));
    return arena_text(&cli->arena, money_format(json_integer_value(value), currency, text));
}

void money_table(struct cli *cli, const json_t *items, const struct money_column *columns)
{
    struct table table;
    const json_t *one;
    size_t i;

    table_init(&table, &cli->arena);
    for (const struct money_column *c = columns; c->member; c++)
        table_column_flexible(&table, c->heading.en, c->heading.zh);
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        for (const struct money_column *c = columns; c->member; c++)
            table_cell(&table, money_member(cli, one, c->member));
    }
    show_table(cli, &table);
}

bool money_list(struct cli *cli, const char *path, const struct money_column *columns, struct gov_err *err)
{
    json_t *items;

    if (!remote_list(cli, path, 0, &items, NULL, err))
        return false;
    if (cli->json)
        remote_list_print(items, NULL);
    else
        money_table(cli, items, columns);
    return true;
}

/* What an order's sum is made of. Its quantity has a line of its own, and so has its total where nothing is taken off. */
static void price_lines(struct cli *cli, const json_t *price, const char *currency)
{
    static const struct { const char *member; struct gov_text label; } sums[] = {
        { "unit_minor", { "unit price", "单价" } }, { "total_minor", { "before credit", "抵扣前合计" } },
        { "credit_minor", { "credit", "已付周期抵扣" } },
    };
    bool credit = json_get_int(price, "credit_minor", 0) != 0;
    int64_t tax = json_get_int(price, "tax_bp", 0);
    char text[MONEY_TEXT_BYTES];

    for (size_t i = 0; i < (credit ? 3 : 1); i++)
        show_line(cli, sums[i].label.en, sums[i].label.zh, arena_format(&cli->arena, "%s %s",
            money_format(json_get_int(price, sums[i].member, 0), currency, text), currency));
    show_line(cli, "tax rate", "税率", tax % 100 ? arena_format(&cli->arena, "%lld.%02lld %%", (long long)tax / 100, (long long)tax % 100) :
                                                arena_format(&cli->arena, "%lld %%", (long long)tax / 100));
}

void money_one(struct cli *cli, const json_t *object)
{
    const char *name, *currency = json_get_text(json_object_get(object, "amount"), "currency");
    bool edition = json_get_text(object, "edition") && json_is_integer(json_object_get(object, "edition_version"));
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
        if (edition && strcmp(name, "edition") == 0)
            show_line(cli, name, name, arena_format(&cli->arena, "%s (%s %lld)", json_string_value(value), cli_text(cli, "version", "版次"),
                                                    (long long)json_get_int(object, "edition_version", 0)));
        else if (currency && money_exponent(currency) >= 0 && json_is_integer(json_object_get(value, "unit_minor")))
            price_lines(cli, value, currency);
        else if (!json_is_array(value) && !json_is_null(value) && !(edition && strcmp(name, "edition_version") == 0))
            show_line(cli, name, name, json_is_string(value) ? money_member(cli, object, name) : money_cell(cli, value));
}

bool money_get(struct cli *cli, const char *path, struct gov_err *err)
{
    const json_t *answer;

    if (!remote_get(cli, path, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer);
    else
        money_one(cli, answer);
    return true;
}

/* The answer, or what has to be approved first. */
static bool answer_show(struct cli *cli, const json_t *answer)
{
    const json_t *approval;

    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    approval = json_object_get(answer, "approval");
    if (approval) {
        cli_say(cli, "somebody else has to approve this: execgov order approve %s", "需要他人审批：execgov order approve %s",
                json_get_text(approval, "id"));
        return true;
    }
    if (json_get_text(answer, "result"))
        show_line(cli, "result", "结果", money_word(cli, "result", json_get_text(answer, "result")));
    money_one(cli, json_is_object(json_object_get(answer, "order")) ? json_object_get(answer, "order") : answer);
    return true;
}

bool money_post(struct cli *cli, const char *path, json_t *body, struct gov_err *err)
{
    const json_t *answer;

    return remote_post(cli, path, json_own(&cli->arena, body ? body : json_object()), &answer, err) && answer_show(cli, answer);
}

bool money_put(struct cli *cli, const char *path, json_t *body, struct gov_err *err)
{
    const struct remote_call call = { .method = "PUT", .path = path, .body = json_own(&cli->arena, body) };
    struct remote_answer answer;

    return remote_send(cli, &call, &answer, err) && answer_show(cli, answer.json);
}

bool money_evidence(const struct args *args, const char **sha256, struct gov_err *err)
{
    *sha256 = args_value(args, "evidence", NULL);
    if (!*sha256 || (strlen(*sha256) == 64 && strspn(*sha256, "0123456789abcdef") == 64))
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, "--evidence", "format", "--evidence is the SHA-256 of the document, 64 digits 0-9 and a-f: "
                       "sha256sum FILE prints it before the file's name",
                       "--evidence 须为凭证文件的 SHA-256（64 位，0-9、a-f）：sha256sum 文件 输出的第一列");
}
