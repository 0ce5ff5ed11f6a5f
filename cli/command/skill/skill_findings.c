#include "cli/command/skill/skill_findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"

static const char *severity_text(const struct cli *cli, const char *severity)
{
    if (severity && strcmp(severity, "error") == 0)
        return cli_text(cli, "error", "错误");
    if (severity && strcmp(severity, "warning") == 0)
        return cli_text(cli, "warning", "警告");
    return cli_text(cli, "note", "提示");
}

void skill_findings_show(const struct cli *cli, const json_t *findings)
{
    const json_t *one;
    size_t i;

    json_array_foreach(findings, i, one)
    {
        const char *path = json_get_text(one, "path");
        const char *message = json_get_text(one, "message");
        long long line = json_get_int(one, "line", 0);
        char where[300] = "";
        if (path && *path && line > 0)
            snprintf(where, sizeof where, "%.250s:%lld: ", path, line);
        else if (path && *path)
            snprintf(where, sizeof where, "%.250s: ", path);
        char *shown = term_visible(message ? message : "", true);
        printf("%s%s: %s\n", where, severity_text(cli, json_get_text(one, "severity")), shown);
        free(shown);
    }
}

const char *skill_findings_signer(const struct cli *cli, const json_t *version)
{
    const json_t *signature = json_object_get(version, "signature");
    const char *state = json_get_text(signature, "state"), *signer = json_get_text(signature, "signer");

    if (!state)
        return "-";
    if (strcmp(state, "valid") == 0)
        return signer ? signer : "?";
    return strcmp(state, "wrong") == 0 ? cli_text(cli, "NOT GOOD", "签名无效")
                                       : cli_text(cli, "unknown key", "未知密钥");
}

void skill_findings_show_version(struct cli *cli, const json_t *version)
{
    const json_t *review = json_object_get(version, "review");
    const json_t *by = json_object_get(review, "by");

    show_line(cli, "skill", "技能", json_get_text(version, "skill"));
    show_line(cli, "version", "版本",
              arena_format(&cli->arena, "%lld%s", (long long)json_get_int(version, "version", 0),
                           json_get_bool(version, "current", false) ? " *" : ""));
    show_line(cli, "state", "状态", json_get_text(version, "state"));
    show_line(cli, "digest", "摘要", json_get_text(version, "digest"));
    show_line(cli, "runtime", "运行环境", json_get_text(version, "runtime"));
    if (json_is_object(json_object_get(version, "signature")))
        show_line(cli, "signed by", "签名者",
                  arena_format(&cli->arena, "%s  %s", skill_findings_signer(cli, version),
                               json_get_text(json_object_get(version, "signature"), "comment")));
    if (json_is_object(review))
        show_line(cli, "review", "审核",
                  arena_format(&cli->arena, "%s  %s  %s", json_get_text(review, "decision"),
                               json_get_text(by, "name"), json_get_text(review, "comment")));
    skill_findings_show(cli, json_object_get(version, "findings"));
}
