/* package_look.c - the server's own look at the code, here: the same program, on the same table of
 * modules, whose lines the same function words. It parses and runs nothing of the package, so that a
 * machine without a sandbox can do it; where there is no Python nothing is said about the code, and a
 * finding says that.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/package/package.h"
#include "core/base/buf.h"
#include "core/base/embedded.h"
#include "core/base/json.h"
#include "core/model/skill/findings.h"
#include "core/model/skill/runtime.h"
#include "sandbox_scripts.h"

static const char *checker(void)
{
    for (const struct embedded *e = sandbox_scripts; e->name; e++)
        if (strcmp(e->name, "check") == 0)
            return e->text;
    return "";
}

/* The runtime of skill.json, if it can be read. */
static const char *runtime_of(const struct package *package, struct arena *arena)
{
    const char *text = package_text(package, "skill.json", arena);
    struct gov_err ignored;
    const char *runtime = text ? json_get_text(json_parse(arena, text, strlen(text), &ignored), "runtime") : NULL;

    return runtime ? runtime : skill_runtimes[0].name;
}

/* As a file to be read from its beginning; -1: no. */
static int question_make(const struct package *package, struct arena *arena)
{
    const char *runtime = runtime_of(package, arena);
    struct buf json = { 0 };
    int fd = memfd_create("question", MFD_CLOEXEC);

    buf_add_text(&json, "{\"runtime\":");
    buf_add_json_string(&json, runtime, strlen(runtime));
    buf_add_text(&json, ",\"modules\":");
    skill_runtime_modules_json(&json);
    buf_add_text(&json, ",\"files\":[");
    for (size_t i = 0; i < package->count; i++) {
        buf_add_text(&json, i ? "," : "");
        buf_add_json_string(&json, package->files[i].path, strlen(package->files[i].path));
    }
    buf_add_text(&json, "]}");
    if (fd >= 0 && (write(fd, json.data, json.length) != (ssize_t)json.length || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    buf_release(&json);
    return fd;
}

_Noreturn static void checker_become(const char *folder, int question, int out)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (nothing < 0 || chdir(folder) < 0 || dup2(question, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(nothing, STDERR_FILENO) < 0)
        _exit(127);
    execl("/usr/bin/python3", "python3", "-I", "-S", "-B", "-X", "utf8", "-c", checker(), "-", (char *)NULL);
    execlp("python3", "python3", "-I", "-S", "-B", "-X", "utf8", "-c", checker(), "-", (char *)NULL);
    _exit(127);
}

static void report_read(const char *folder, int question, struct buf *report)
{
    char part[4096];
    ssize_t n;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0)
        checker_become(folder, question, ends[1]);
    close(ends[1]);
    while (pid > 0 && report->length < FINDINGS_REPORT_BYTES && (n = read(ends[0], part, sizeof part)) > 0)
        buf_add(report, part, (size_t)n);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

void package_look(const struct package *package, struct arena *arena, struct findings *findings)
{
    struct buf report = { 0 };
    int question = question_make(package, arena);

    if (question >= 0) {
        report_read(package->folder, question, &report);
        close(question);
    }
    buf_text(&report); /* ends it */
    if (report.length > 0)
        findings_read(findings, report.data, report.length);
    if (!findings->ended)
        findings_add(findings, "not_looked_at", "", "");
    buf_release(&report);
}
