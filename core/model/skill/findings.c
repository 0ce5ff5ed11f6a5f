/* findings.c - one table of codes; "{d}" and "{e}" stand for the detail and the extra of a line, "{p}" for the version
 * of the Python that packages run in: what was looked at there says which, at home nobody knows. */
#include "core/model/skill/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define PYTHON_UNKNOWN "VERSION-OF-THE-SERVER"
/* What makes the folder, on any machine with pip. */
#define PIP                                                                                        \
    "pip download -d wheels -r requirements.txt --only-binary=:all: --python-version {p} "        \
    "--platform manylinux2014_x86_64"

static const struct finding_text {
    const char *code, *severity, *en, *zh;
} table[] = {
    { "not_an_archive", "error", "this is neither a zip nor a tar.gz", "这既不是 zip 也不是 tar.gz" },
    { "empty", "error", "the archive has no files", "压缩包里没有文件" },
    { "damaged", "error", "the archive is damaged here", "压缩包在此处已损坏" },
    { "encrypted", "error", "the file is encrypted; pack it without a password", "文件已加密，请不加密码重新打包" },
    { "path_traversal", "error", "the name leads out of the package (..)", "文件名通过 .. 指向包外" },
    { "absolute_path", "error", "the name is an absolute path", "文件名是绝对路径" },
    { "symlink", "error", "symbolic links are not taken; pack the file itself", "不接受符号链接，请打包文件本身" },
    { "hard_link", "error", "hard links are not taken; pack the file itself", "不接受硬链接，请打包文件本身" },
    { "device", "error", "device files are not taken", "不接受设备文件" },
    { "fifo", "error", "named pipes are not taken", "不接受命名管道" },
    { "socket", "error", "sockets are not taken", "不接受套接字文件" },
    { "special_file", "error", "only files and folders are taken", "只接受文件和文件夹" },
    { "duplicate", "error", "this name is in the archive twice", "压缩包中该名称重复" },
    { "case_duplicate", "error", "another name differs only in upper and lower case", "另一名称仅大小写不同" },
    { "name_encoding", "error", "the name is neither UTF-8 nor GBK", "文件名既不是 UTF-8 也不是 GBK" },
    { "hidden_character", "error", "the name has invisible characters", "文件名含有不可见字符" },
    { "name_invalid", "error", "the name begins with a dash or is too long", "文件名以短横线开头或过长" },
    { "name_too_long", "error", "the path is longer than 511 bytes", "路径超过 511 字节" },
    { "too_deep", "error", "folders are nested more than 16 deep", "文件夹嵌套超过 16 层" },
    { "too_many_files", "error", "there are more than 2,000 files", "文件超过 2000 个" },
    { "file_too_large", "error", "the file is larger than 32 MB", "文件超过 32 MB" },
    { "bomb", "error", "the files are larger than 64 MB together", "文件总大小超过 64 MB" },
    { "not_written", "error", "the file could not be unpacked", "无法解出该文件" },
    { "unpack_failed", "error", "the archive could not be looked at: {d}", "无法检查压缩包：{d}" },
    { "no_main", "error", "there is no main.py, main.sh or skill.json at the top", "顶层没有 main.py、main.sh 或 skill.json" },
    { "no_readme", "warning", "there is no README.md", "没有 README.md" },
    { "setuid_dropped", "note", "its setuid or setgid bit was dropped", "已去除 setuid/setgid 位" },
    { "gbk_names", "note", "names were read as GBK", "文件名按 GBK 读取" },
    { "syntax_error", "error", "Python cannot read this: {d}", "Python 无法解析：{d}" },
    { "syntax_warning", "warning", "Python cannot read this: {d}", "Python 无法解析：{d}" },
    { "missing_module", "warning", "no runtime has the module {d}; name it in requirements.txt and bring its wheel: " PIP, "没有运行时提供模块 {d}；请在 requirements.txt 中列出并随包提供 wheel：" PIP },
    { "missing_module_in", "warning", "the module {d} needs the runtime \"{e}\": set \"runtime\": \"{e}\" in skill.json", "模块 {d} 需要运行时“{e}”：请在 skill.json 中设置 \"runtime\": \"{e}\"" },
    { "optional_module", "note", "the module {d} is not there; the script seems to manage without", "缺少模块 {d}，脚本似乎可以不用它" },
    { "uses_network", "note", "uses {d}; a run has no network except granted resources", "使用 {d}；运行时除获授权的资源外没有网络" },
    { "uses_database", "warning", "talks to a database ({d}); a run has no network: ask for an HTTP resource that gives the same", "访问数据库（{d}）；运行时没有网络：请申请提供同样数据的 HTTP 资源" },
    { "uses_mail", "warning", "sends or reads mail ({d}); a run has no network: write a file, or ask for an HTTP resource", "收发邮件（{d}）；运行时没有网络：请输出文件或申请 HTTP 资源" },
    { "uses_login", "warning", "logs in elsewhere ({d}); a run has no network", "登录其他主机（{d}）；运行时没有网络" },
    { "names_host", "note", "names the host {d}; it is reached only where the platform grants it as a resource", "提及主机 {d}；仅当平台将其授权为资源时才能访问" },
    { "uses_subprocess", "note", "starts programs ({d}); a Python skill has none but python3", "启动外部程序（{d}）；Python 技能中只有 python3" },
    { "absolute_file", "warning", "names {d}, which a run does not have; take the file as an input", "使用 {d}，运行环境中没有该路径；请改为文件参数" },
    { "writes_outside", "warning", "writes {d}; a run writes in its own folder (what lies in out/ is kept) and in /tmp", "写入 {d}；运行时只能写当前目录（out/ 中的文件会保留）和 /tmp" },
    { "reads_environment", "warning", "reads the environment variable {d}, which a run does not have; take it as an input", "读取环境变量 {d}，运行环境中没有；请改为输入参数" },
    { "asks_keyboard", "warning", "asks at the keyboard ({d}); nobody sits there: take it as an input", "等待键盘输入（{d}）；执行时无人应答：请改为输入参数" },
    { "reads_arguments", "warning", "needs the argument {d}; execgov skill init writes a skill.json that gives it", "需要命令行参数 {d}；execgov skill init 可生成带该参数的 skill.json" },
    { "reads_flags", "note", "knows the flag {d}; without \"args\" in skill.json it is never given", "可接受参数 {d}；skill.json 中没有 \"args\" 时不会传入" },
    { "secret", "warning", "looks like a secret ({d}); everybody who may see the package sees it", "疑似含有机密（{d}）；能查看软件包的人都能看到" },
    { "native_code", "warning", "is a program for a processor; nobody can review it", "是机器码程序，无法审核" },
    { "large_file", "note", "has {d}; it is copied at every run", "大小为 {d}，每次运行都会复制" },
    { "requirement_missing", "error", "{d}: no wheel of it lies in wheels/, and the runtime does not have it: " PIP, "{d}：wheels/ 中没有对应的 wheel，运行时也不提供：" PIP },
    { "requirement_version", "error", "{d}: wheels/ has only {e}: " PIP, "{d}：wheels/ 中只有 {e}：" PIP },
    { "requirement_conflict", "error", "{d}: another requirement chose {e}; ask for versions that go together", "{d}：另一项依赖已选用 {e}；请指定相互兼容的版本" },
    { "requirement_odd", "error", "\"{d}\" is no name with a version; files, addresses and other lists are not taken", "“{d}”不是包名与版本；不接受文件、网址或其他清单" },
    { "requirement_unhashed", "error", "{d} has no --hash while others have; give every line one, or none", "{d} 没有 --hash 而其他行有；请全部提供或全部不提供" },
    { "requirement_unmet", "warning", "{d}: no runtime has it and the package brings no wheels: " PIP, "{d}：没有运行时提供，软件包也未附带 wheel：" PIP },
    { "requirement_other", "warning", "{d}: the runtime has {e}; bring the wheel where that is not good enough", "{d}：运行时提供的是 {e}；如不适用，请附带 wheel" },
    { "wheel_name", "error", "is not named as wheels are: name-version-python-abi-platform.whl", "文件名不符合 wheel 规则：name-version-python-abi-platform.whl" },
    { "wheel_tag", "error", "is for another Python or machine; here it is {d}: " PIP, "适用于其他 Python 或平台；此处为 {d}：" PIP },
    { "wheel_python", "error", "needs Python {d}; here it is {e}", "需要 Python {d}；此处为 {e}" },
    { "wheel_hash", "error", "{d} has none of the hashes that are written here; download it again", "{d} 与此处的 --hash 均不相符；请重新下载" },
    { "wheel_record", "error", "{d} is not what its RECORD says; download the wheel again", "{d} 与 RECORD 不符；请重新下载该 wheel" },
    { "wheel_path", "error", "has a name that leads out of it or is no file: {d}", "含有指向外部或非文件的名称：{d}" },
    { "wheel_clash", "error", "brings {d}, which {e} has already", "含有 {d}，而 {e} 已提供" },
    { "wheel_damaged", "error", "cannot be read as a wheel ({d}); download it again", "无法作为 wheel 读取（{d}）；请重新下载" },
    { "wheels_large", "error", "the wheels are larger than 160 MB unpacked, have a file above 48 MB, or more than 15,000 files", "wheel 解开后超过 160 MB、含有超过 48 MB 的文件，或文件超过 15000 个" },
    { "wheels_failed", "error", "the wheels could not be installed: {d}", "无法安装 wheel：{d}" },
    { "wheels_not_here", "error", "this platform cannot install wheels; whoever runs it installs python3-packaging", "本平台无法安装 wheel；请平台运维人员安装 python3-packaging" },
    { "wheel_unused", "note", "nothing asks for this wheel; it is left out", "没有依赖需要该 wheel，已忽略" },
    { "wheel_starter", "note", "{d} would run by itself at every start; it is left out", "{d} 会在每次启动时自动运行，已忽略" },
    { "not_looked_at", "note", "the code was not looked at: there is no python3 (3.10 or later) here; the server looks", "未检查代码：本机没有 python3（3.10 或更高版本）；服务器会检查" },
    { "check_failed", "warning", "the code could not be checked: {d}", "无法检查代码：{d}" },
};

void findings_release(struct findings *f)
{
    buf_release(&f->items);
    buf_release(&f->ignored);
    buf_release(&f->stripped);
}

static const struct finding_text *text_find(const char *code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].code, code) == 0)
            return &table[i];
    }
    return NULL;
}

static void add_string(struct buf *out, const char *text)
{
    buf_add_json_string(out, text, strlen(text));
}

static void add_text(struct buf *out, const char *format, const char *detail, const char *extra, const char *python)
{
    struct buf text = { 0 };

    while (*format) {
        if (strncmp(format, "{d}", 3) == 0 || strncmp(format, "{e}", 3) == 0) {
            buf_add_text(&text, format[1] == 'd' ? detail : extra);
            format += 3;
        } else if (strncmp(format, "{p}", 3) == 0) {
            buf_add_text(&text, *python ? python : PYTHON_UNKNOWN);
            format += 3;
        } else {
            buf_add_char(&text, *format++);
        }
    }
    add_string(out, buf_text(&text));
    buf_release(&text);
}

static void add(struct findings *f, const struct finding_text *t, const char *path, int line,
                const char *detail, const char *extra)
{
    if (f->count++ >= FINDINGS_MAX)
        return;
    f->errors += strcmp(t->severity, "error") == 0;
    buf_addf(&f->items, "%s{\"code\":\"%s\",\"severity\":\"%s\",\"path\":", f->items.length ? "," : "",
             strcmp(t->code, "missing_module_in") == 0 ? "missing_module" : t->code, t->severity);
    add_string(&f->items, path);
    if (line > 0)
        buf_addf(&f->items, ",\"line\":%d", line);
    buf_add_text(&f->items, ",\"message\":{\"en\":");
    add_text(&f->items, t->en, detail, extra, f->python);
    buf_add_text(&f->items, ",\"zh\":");
    add_text(&f->items, t->zh, detail, extra, f->python);
    buf_add_text(&f->items, "}}");
}

void findings_add(struct findings *f, const char *code, const char *path, const char *detail)
{
    const struct finding_text *t = text_find(code);

    if (t)
        add(f, t, path, 0, detail, "");
}

static void line_read(struct findings *f, char *line)
{
    const char *part[5] = { "", "", "", "", "" };
    const struct finding_text *t;

    if (!text_utf8_valid(line, strlen(line)))
        return;
    for (int i = 0; i < 5 && line; i++)
        part[i] = strsep(&line, "\t");
    if (strcmp(part[0], "end") == 0) {
        f->ended = true;
    } else if (strcmp(part[0], "ignored") == 0) {
        buf_add_text(&f->ignored, f->ignored.length ? "," : "");
        add_string(&f->ignored, part[1]);
    } else if (strcmp(part[0], "python") == 0) {
        bool good = strspn(part[3], "0123456789.") == strlen(part[3]);
        snprintf(f->python, sizeof f->python, "%s", good ? part[3] : "");
    } else if (strcmp(part[0], "stripped") == 0) {
        buf_clear(&f->stripped);
        add_string(&f->stripped, part[1]);
    } else if ((t = text_find(part[0]))) {
        add(f, t, part[1], atoi(part[2]), part[3], part[4]);
    }
}

void findings_read(struct findings *f, char *report, size_t bytes)
{
    char *line, *rest = report;

    f->ended = false;
    if (bytes == 0 || memchr(report, 0, bytes - 1))
        return;
    while ((line = strsep(&rest, "\n"))) {
        if (*line)
            line_read(f, line);
    }
}
