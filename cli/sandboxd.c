#include "cli/sandboxd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/json.h"

enum { ANSWER_BYTES_MAX = 64 * 1024 };

static const char usual_socket[] = "/run/execgov/sandboxd.sock";

const char *sandboxd_socket(const struct args *args)
{
    const char *given = args_value(args, "sandbox", NULL);

    if (!given)
        given = getenv("EXECGOV_SANDBOX");
    return given && *given ? given : usual_socket;
}

bool sandboxd_present(const char *socket)
{
    struct stat st;

    return stat(socket, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* "/usr/lib/execgov/bin/execgov" -> "/usr/lib/execgov/bin/execgov-sandboxd", or just the name. */
static void program_path(char *path, size_t bytes)
{
    static const char name[] = "execgov-sandboxd";
    ssize_t n = readlink("/proc/self/exe", path, bytes - sizeof name);
    char *slash;

    if (n > 0) {
        path[n] = 0;
        slash = strrchr(path, '/');
        memcpy(slash ? slash + 1 : path, name, sizeof name);
        if (access(path, X_OK) == 0)
            return;
    }
    memcpy(path, name, sizeof name);
}

_Noreturn static void program_become(const char *socket, int out)
{
    char path[4096];
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    program_path(path, sizeof path);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(nothing, STDERR_FILENO) < 0)
        _exit(127);
    execlp(path, path, "--doctor", "--json", "--socket", socket, (char *)NULL);
    _exit(127);
}

/* Its whole stdout; false if it could not be run. */
static bool program_read(const char *socket, struct buf *text)
{
    char part[4096];
    ssize_t n = 0;
    int ends[2], status = -1;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        program_become(socket, ends[1]);
    close(ends[1]);
    while (pid > 0 && text->length < ANSWER_BYTES_MAX && (n = read(ends[0], part, sizeof part)) > 0)
        buf_add(text, part, (size_t)n);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

bool sandboxd_ask(struct cli *cli, const char *socket, const json_t **status, struct gov_err *err)
{
    struct buf text = { 0 };
    bool ran = program_read(socket, &text);
    json_t *parsed = ran ? json_loadb(buf_text(&text), text.length, 0, NULL) : NULL;

    buf_release(&text);
    if (!ran)
        return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                        "the program execgov-sandboxd is not here; is this a machine that runs scripts?",
                        "未找到 execgov-sandboxd 程序，请确认本机用于执行脚本");
    if (!parsed)
        return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                        "no sandboxd answers at %s (another place: --sandbox or EXECGOV_SANDBOX)",
                        "%s 处没有 sandboxd 响应（其他位置请用 --sandbox 或 EXECGOV_SANDBOX 指定）",
                        socket);
    *status = json_own(&cli->arena, parsed);
    return true;
}

bool sandboxd_has_runtime(const json_t *status, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(status, "runtimes"), i, one)
    {
        const char *its = json_get_text(one, "name");
        if (its && strcmp(its, name) == 0)
            return json_get_bool(one, "present", false);
    }
    return false;
}
