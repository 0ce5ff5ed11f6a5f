/* package_check.c - what can be seen without running: enough to save an upload that would be refused.
 * The server looks again, in the sandbox, and its word counts. */
#include <stdio.h>
#include <string.h>

#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/skill_manifest.h"

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

/* What the server's own reading of skill.json, README and the list of files says: the same function. */
static void check_manifest(json_t *findings, enum gov_language language,
                           const struct package *package, struct arena *arena)
{
    const char **paths = ARENA_ARRAY(arena, const char *, package->count + 1);
    const char *json = package_text(package, "skill.json", arena);
    const char *readme = package_text(package, "README.md", arena);
    struct skill_manifest manifest = { 0 };
    struct gov_err err = { 0 };

    for (size_t i = 0; i < package->count; i++)
        paths[i] = package->files[i].path;
    struct skill_package seen = {
        .name = package->name, .files = paths, .file_count = package->count,
        .manifest = json, .manifest_bytes = json ? strlen(json) : 0,
        .readme = readme, .readme_bytes = readme ? strlen(readme) : 0,
    };
    bool good = skill_manifest_build(&seen, &manifest, arena, &err);
    const struct gov_err_item *items = good ? manifest.warnings : err.items;
    size_t count = good ? manifest.warning_count : err.item_count;
    for (size_t i = 0; i < count; i++)
        find(findings, language, good ? "warning" : "error", items[i].code, items[i].path, 0,
             items[i].message);
    if (!good && count == 0)
        find(findings, language, "error", gov_code_info(err.code)->wire, err.path, 0,
             (struct gov_text){ err.en, err.zh });
}

json_t *package_check(const struct package *package, enum gov_language language,
                      struct arena *arena)
{
    json_t *findings = json_own(arena, json_array());

    check_manifest(findings, language, package, arena);
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
