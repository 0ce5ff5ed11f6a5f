#include "cli/out/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/out/term.h"
#include "core/base/clock.h"
#include "core/base/json.h"

enum { LABEL_COLUMNS = 14 };

static const struct state {
    const char *wire;
    struct gov_text title;
    char colour; /* of ANSI: 1 red, 2 green, 3 yellow, 0 none */
    bool ended, waits;
    int exit_code;
} states[] = {
    { "received", { "received", "已接收" }, 0, false, false, 0 },
    { "recognising", { "being understood", "理解中" }, 0, false, false, 0 },
    { "needs_answer", { "needs an answer", "需要补充信息" }, 3, false, true, 2 },
    { "planning", { "being planned", "计划中" }, 0, false, false, 0 },
    { "planned", { "planned", "已有计划" }, 2, true, false, 0 },
    { "awaiting_confirmation", { "waits for confirmation", "等待确认" }, 3, false, true, 0 },
    { "queued", { "queued", "排队中" }, 0, false, false, 0 },
    { "running", { "running", "执行中" }, 0, false, false, 0 },
    { "held", { "held back", "已暂缓" }, 3, false, true, 0 },
    { "succeeded", { "succeeded", "成功" }, 2, true, false, 0 },
    { "failed", { "failed", "失败" }, 1, true, false, 1 },
    { "rejected", { "rejected", "已被拒绝" }, 1, true, false, 4 },
    { "expired", { "expired", "已过期" }, 1, true, false, 4 },
    { "cancelled", { "cancelled", "已取消" }, 1, true, false, 1 },
    { "abstained", { "nothing here fits", "没有匹配的技能" }, 3, true, false, 1 },
};

static const struct state *find_state(const char *wire)
{
    static const struct state unknown = { "", { "?", "?" }, 0, false, false, 0 };

    for (size_t i = 0; wire && i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].wire, wire) == 0)
            return &states[i];
    return &unknown;
}

const char *show_state(const struct cli *cli, const char *state)
{
    const struct state *found = find_state(state);
    return *found->wire ? gov_text_in(found->title, cli->language) : state ? state : "-";
}

bool show_state_ended(const char *state)
{
    return find_state(state)->ended;
}

bool show_state_waits(const char *state)
{
    return find_state(state)->waits;
}

int show_exit_code(const json_t *thing)
{
    const char *state = json_get_text(thing, "state");
    const json_t *run = json_object_get(thing, "run");
    const char *code = json_get_text(json_object_get(thing, "error"), "code");

    if (!code)
        code = json_get_text(json_object_get(run, "error"), "code");
    int exit_code = find_state(state)->exit_code;
    if (!state || strcmp(state, "failed") != 0 || !code)
        return exit_code;
    enum gov_code known = gov_code_from_wire(code);
    if (known == GOV_INTERNAL && strcmp(code, "internal") != 0)
        return exit_code;
    return gov_code_info(known)->exit_code;
}

const char *show_local_time(struct cli *cli, const char *rfc3339)
{
    int64_t us;
    struct tm local;
    char text[32];

    if (!rfc3339 || !clock_parse(rfc3339, &us))
        return rfc3339 ? rfc3339 : "-";
    time_t seconds = (time_t)(us / 1000000);
    if (!localtime_r(&seconds, &local) || !strftime(text, sizeof text, "%F %T", &local))
        return rfc3339;
    return arena_text(&cli->arena, text);
}

const char *show_size(long long bytes, char text[SHOW_SIZE_BYTES])
{
    static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
    double size = (double)bytes;
    size_t unit = 0;

    while (size >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        size /= 1024;
        unit++;
    }
    snprintf(text, SHOW_SIZE_BYTES, "%.*f %s", unit ? 1 : 0, size, units[unit]);
    return text;
}

void show_line(const struct cli *cli, const char *en, const char *zh, const char *value)
{
    const char *label = cli_text(cli, en, zh);

    if (!value || !*value)
        return;
    char *shown = term_visible(value, false);
    int pad = LABEL_COLUMNS - term_width(label);
    printf("  %s%*s%s\n", label, pad > 0 ? pad : 1, "", shown);
    free(shown);
}

static void show_state_line(const struct cli *cli, const char *wire)
{
    const struct state *state = find_state(wire);
    char shown[80];

    if (cli->colour_out && state->colour) {
        snprintf(shown, sizeof shown, "\033[3%dm%s\033[0m", state->colour,
                 gov_text_in(state->title, cli->language));
        const char *label = cli_text(cli, "state", "状态");
        printf("  %s%*s%s\n", label, LABEL_COLUMNS - term_width(label), "", shown);
    } else {
        show_line(cli, "state", "状态", show_state(cli, wire));
    }
}

void show_table(const struct cli *cli, const struct table *table)
{
    struct buf out = { 0 };

    table_print(table, cli->language, term_columns(), cli->colour_out, &out);
    fputs(buf_text(&out), stdout);
    buf_release(&out);
}

static void show_json_value(const struct cli *cli, const char *en, const char *zh,
                            const json_t *value)
{
    if (!value || json_is_null(value))
        return;
    if (json_is_string(value)) {
        show_line(cli, en, zh, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    char *shown = term_visible(text ? text : "", false);
    printf("  %s\n", cli_text(cli, en, zh));
    for (const char *line = shown; *line; line += strcspn(line, "\n"), line += *line == '\n')
        printf("    %.*s\n", (int)strcspn(line, "\n"), line);
    free(shown);
    free(text);
}

static void show_error(const struct cli *cli, const json_t *error)
{
    const char *code = json_get_text(error, "code");
    const char *message = json_get_text(error, "message");

    show_line(cli, "why", "原因", message);
    show_line(cli, "code", "代码", code);
}

static void show_artifacts(const struct cli *cli, const json_t *artifacts)
{
    const json_t *one;
    size_t i;

    json_array_foreach(artifacts, i, one)
    {
        char size[SHOW_SIZE_BYTES], text[300];
        const char *name = json_get_text(one, "name");
        snprintf(text, sizeof text, "%.250s (%s)", name ? name : "?",
                 show_size(json_get_int(one, "size", 0), size));
        show_line(cli, i == 0 ? "files" : " ", i == 0 ? "文件" : " ", text);
    }
}

void show_run_card(const struct cli *cli, const json_t *run)
{
    const json_t *timings = json_object_get(run, "timings");
    const json_t *took = json_object_get(timings, "run_ms");
    const char *skill = json_get_text(run, "skill");
    const char *action = json_get_text(run, "action");
    char text[200];

    show_line(cli, "run", "运行", json_get_text(run, "id"));
    snprintf(text, sizeof text, "%s/%s v%lld", skill ? skill : "?", action ? action : "?",
             (long long)json_get_int(run, "version", 0));
    show_line(cli, "skill", "技能", text);
    show_state_line(cli, json_get_text(run, "state"));
    if (json_is_number(took)) {
        snprintf(text, sizeof text, "%.3f s", json_number_value(took) / 1000);
        show_line(cli, "took", "用时", text);
    }
    show_line(cli, "isolation", "隔离级别", json_get_text(run, "isolation"));
    show_line(cli, "start", "启动方式", json_get_text(run, "start"));
    show_error(cli, json_object_get(run, "error"));
    show_json_value(cli, "result", "结果", json_object_get(run, "result"));
    show_artifacts(cli, json_object_get(run, "artifacts"));
}

static const json_t *provenance_of(const json_t *step, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(step, "provenance"), i, one)
    {
        const char *path = json_get_text(one, "path");
        if (path && path[0] == '/' && strcmp(path + 1, name) == 0)
            return one;
    }
    return NULL;
}

static void show_step(const struct cli *cli, const json_t *step)
{
    const json_t *input = json_object_get(step, "input");
    const char *title = json_get_text(step, "title");
    const char *name;
    const json_t *value;
    char text[300];
    size_t i;

    snprintf(text, sizeof text, "%.100s/%.100s v%lld%s%.80s", json_get_text(step, "skill"),
             json_get_text(step, "action"), (long long)json_get_int(step, "version", 0),
             title ? "  " : "", title ? title : "");
    show_line(cli, "would run", "将执行", text);
    json_object_foreach((json_t *)input, name, value)
    {
        const json_t *from = provenance_of(step, name);
        const char *source = json_get_text(from, "source");
        bool guess = source && strcmp(source, "guess") == 0;
        char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        snprintf(text, sizeof text, "%.60s = %.180s%s%.30s%s", name, shown ? shown : "?",
                 source ? "  (" : "", guess ? cli_text(cli, "a guess", "推测") : source ? source : "",
                 source ? ")" : "");
        show_line(cli, "with", "输入", text);
        free(shown);
    }
    json_array_foreach(json_object_get(step, "effects"), i, value)
        show_line(cli, "effect", "影响", json_string_value(value));
    json_array_foreach(json_object_get(step, "resources"), i, value)
        show_line(cli, "calls", "调用", json_string_value(value));
}

static void show_people(const struct cli *cli, const json_t *people)
{
    const json_t *one;
    size_t i;

    json_array_foreach(people, i, one)
        show_line(cli, i == 0 ? "may confirm" : " ", i == 0 ? "可确认的人" : " ",
                  json_get_text(one, "name"));
}

void show_plan_card(const struct cli *cli, const json_t *plan)
{
    const json_t *confirmation = json_object_get(plan, "confirmation");
    const char *risk = json_get_text(plan, "risk");
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(plan, "steps"), i, one)
        show_step(cli, one);
    bool high = risk && strcmp(risk, "high") == 0;
    show_line(cli, "risk", "风险", high ? cli_text(cli, "high", "高") : cli_text(cli, "low", "低"));
    show_line(cli, "rule", "规则", json_get_text(confirmation, "rule"));
    show_people(cli, json_object_get(confirmation, "approvers"));
    json_array_foreach(json_object_get(plan, "checks"), i, one)
    {
        if (json_get_bool(one, "ok", true))
            continue;
        show_line(cli, "not ready", "未满足", json_get_text(one, "detail"));
    }
    show_line(cli, "digest", "摘要", json_get_text(plan, "digest"));
}

static void show_questions(const struct cli *cli, const json_t *intent)
{
    const json_t *question, *choice;
    size_t i, k;

    json_array_foreach(json_object_get(intent, "questions"), i, question)
    {
        show_line(cli, "question", "问题", json_get_text(question, "text"));
        json_array_foreach(json_object_get(question, "choices"), k, choice)
        {
            char *value = json_dumps(json_object_get(choice, "value"),
                                     JSON_ENCODE_ANY | JSON_COMPACT);
            const char *title = json_get_text(choice, "title");
            char text[300];
            snprintf(text, sizeof text, "%.100s  %.150s", value ? value : "?", title ? title : "");
            show_line(cli, " ", " ", text);
            free(value);
        }
    }
}

/* Who has said yes, and what is new beside the plan that was confirmed last. */
static void show_confirmation(const struct cli *cli, const json_t *confirmation)
{
    const json_t *one, *last = json_object_get(confirmation, "last_confirmed");
    size_t i;

    json_array_foreach(json_object_get(confirmation, "confirmed_by"), i, one)
        show_line(cli, "said yes", "已同意", json_get_text(one, "name"));
    if (json_is_string(json_object_get(confirmation, "asked_at")))
        show_line(cli, "question", "提问", cli_text(cli, "open; see the events", "待答复，见事件"));
    json_array_foreach(json_object_get(last, "changes"), i, one)
    {
        char *before = json_dumps(json_object_get(one, "before"), JSON_ENCODE_ANY | JSON_COMPACT);
        char *after = json_dumps(json_object_get(one, "after"), JSON_ENCODE_ANY | JSON_COMPACT);
        char text[400];
        snprintf(text, sizeof text, "%.100s: %.120s -> %.120s", json_get_text(one, "path"),
                 before ? before : "?", after ? after : "?");
        show_line(cli, "new", "变化", text);
        free(before);
        free(after);
    }
}

void show_request_card(const struct cli *cli, const json_t *request)
{
    const json_t *intent = json_object_get(request, "intent");
    const json_t *plan = json_object_get(request, "plan");
    const json_t *run = json_object_get(request, "run");
    const json_t *confirmation = json_object_get(request, "confirmation");
    bool running = json_is_object(run);

    show_line(cli, "request", "请求", json_get_text(request, "id"));
    show_line(cli, "words", "内容", json_get_text(request, "text"));
    if (!running)
        show_state_line(cli, json_get_text(request, "state"));
    if (!running)
        show_error(cli, json_object_get(request, "error"));
    show_line(cli, "why", "原因", json_get_text(intent, "reason"));
    show_questions(cli, intent);
    if (json_is_object(plan) && !running)
        show_plan_card(cli, plan);
    if (!running)
        show_confirmation(cli, confirmation);
    show_line(cli, "comment", "意见", json_get_text(confirmation, "comment"));
    if (running)
        show_run_card(cli, run);
}
