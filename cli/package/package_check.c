/* package_check.c - what can be seen without running: enough to save an upload that would be refused.
 * The server looks again, in the sandbox, and its word counts. */
#include <stdio.h>
#include <string.h>

#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/base/text.h"

/* Words in a script that will not do what they do at home, and why. */
static const struct {
    const char *word;
    const char *code;
    struct gov_text message;
} hints[] = {
    { "psycopg2", "database",
      { "talks to a database: scripts have no network; ask for an HTTP resource",
        "访问数据库：脚本没有网络；请申请 HTTP 资源" } },
    { "pymysql", "database",
      { "talks to a database: scripts have no network; ask for an HTTP resource",
        "访问数据库：脚本没有网络；请申请 HTTP 资源" } },
    { "smtplib", "mail",
      { "sends mail: scripts have no network; write a file or ask for an HTTP resource",
        "发送邮件：脚本没有网络；请输出文件或申请 HTTP 资源" } },
    { "paramiko", "sftp",
      { "logs in elsewhere: scripts have no network", "登录其他主机：脚本没有网络" } },
    { "/home/", "path",
      { "names a path of one machine: take the file as an input",
        "使用了本机路径：请改为文件参数" } },
    { "C:\\", "path",
      { "names a path of one machine: take the file as an input",
        "使用了本机路径：请改为文件参数" } },
    { "input(", "interactive",
      { "asks at the keyboard: nobody sits there; take it as an input",
        "等待键盘输入：执行时无人应答；请改为输入参数" } },
    { "password=", "secret",
      { "looks like a password in the text: everybody who reviews sees it",
        "疑似明文密码：审核者都能看到" } },
    { "import pandas", "runtime",
      { "needs the runtime \"data\": set \"runtime\": \"data\" in skill.json",
        "需要 data 运行环境：请在 skill.json 中设置 \"runtime\": \"data\"" } },
    { "import numpy", "runtime",
      { "needs the runtime \"data\": set \"runtime\": \"data\" in skill.json",
        "需要 data 运行环境：请在 skill.json 中设置 \"runtime\": \"data\"" } },
};

static void find(json_t *findings, enum gov_language language, const char *severity,
                 const char *code, const char *path, long line, struct gov_text message)
{
    json_t *one = json_pack("{s:s, s:s, s:s, s:s}", "severity", severity, "code", code, "path", path,
                            "message", gov_text_in(message, language));

    json_object_set_new(one, "line", line ? json_integer(line) : json_null());
    json_array_append_new(findings, one);
}

static long line_of(const char *text, const char *at)
{
    long line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static void check_script(json_t *findings, enum gov_language language, const char *path,
                         const char *text)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        const char *at = strstr(text, hints[i].word);
        if (at)
            find(findings, language, "warning", hints[i].code, path, line_of(text, at),
                 hints[i].message);
    }
}

static void check_manifest(json_t *findings, enum gov_language language, const char *text,
                           struct arena *arena)
{
    struct gov_err err;
    json_t *manifest = json_parse(arena, text, strlen(text), &err);

    if (!manifest) {
        char both[2][GOV_DETAIL_BYTES];
        memcpy(both[0], err.en, sizeof both[0]);
        memcpy(both[1], err.zh, sizeof both[1]);
        find(findings, language, "error", "bad_json", "skill.json", 0,
             (struct gov_text){ both[0], both[1] });
    } else if (!json_is_object(manifest)) {
        find(findings, language, "error", "type", "skill.json", 0,
             (struct gov_text){ "is not a JSON object", "不是 JSON 对象" });
    } else {
        const char *name = json_get_text(manifest, "name");
        if (name && !text_slug_valid(name))
            find(findings, language, "error", "name", "skill.json", 0,
                 (struct gov_text){ "\"name\" must be lower-case letters, digits, - and _",
                                    "“name”只能包含小写字母、数字、- 和 _" });
    }
}

static bool has_entry(const struct package *package, const json_t *manifest)
{
    const char *entry = json_get_text(manifest, "entry");
    const json_t *first = json_array_get(json_object_get(manifest, "actions"), 0);

    if (!entry)
        entry = json_get_text(first, "entry");
    return entry ? package_has(package, entry)
                 : package_has(package, "main.py") || package_has(package, "main.sh");
}

json_t *package_check(const struct package *package, enum gov_language language,
                      struct arena *arena)
{
    json_t *findings = json_own(arena, json_array());
    const char *text = package_text(package, "skill.json", arena);
    struct gov_err unread;
    json_t *manifest = text ? json_parse(arena, text, strlen(text), &unread) : NULL;

    if (!has_entry(package, manifest))
        find(findings, language, "error", "entry", "", 0,
             (struct gov_text){ "there is no main.py or main.sh, and skill.json names no other entry",
                                "没有 main.py 或 main.sh，skill.json 也未指定入口" });
    if (!package_has(package, "README.md"))
        find(findings, language, "warning", "readme", "", 0,
             (struct gov_text){ "there is no README.md: people will not find it by words",
                                "没有 README.md：不易通过描述被找到" });
    if (text)
        check_manifest(findings, language, text, arena);
    for (size_t i = 0; i < package->refused_count; i++)
        find(findings, language, "error", "file", package->refused[i], 0,
             (struct gov_text){ "is a link, a device, or has a name that nobody may carry",
                                "是链接、设备，或文件名不合法" });
    for (size_t i = 0; i < package->count; i++) {
        const char *path = package->files[i].path;
        const char *script = text_ends(path, ".py") ? package_text(package, path, arena) : NULL;
        if (script)
            check_script(findings, language, path, script);
    }
    return findings;
}
