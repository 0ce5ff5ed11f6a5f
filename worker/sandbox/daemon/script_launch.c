/* script_launch.c - warm where there is a spare, cold where there is none, one way from there on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker/sandbox/daemon/script_private.h"
#include "worker/sandbox/jail/environment.h"
#include "worker/sandbox/store/package_cache.h"

/* Files of the package whose entry this is run as: python3 script, or sh script. */
static void command_fill(const struct script *s, const char **argv,
                         char entry[SANDBOX_NAME_BYTES + 8])
{
    int n = 0;

    snprintf(entry, SANDBOX_NAME_BYTES + 8, "%s", s->job.entry);
    if (s->message->script_kind == SANDBOX_PYTHON) {
        argv[n++] = "/usr/bin/python3";
        argv[n++] = "-B"; /* no __pycache__ beside the script */
        argv[n++] = "-u"; /* what was printed before a kill is in the log */
        argv[n++] = "-s";
    } else {
        argv[n++] = "/usr/bin/sh";
    }
    argv[n++] = entry;
    for (uint32_t i = 0; i < s->message->arg_count; i++)
        argv[n++] = s->job.args[i];
    argv[n] = NULL;
}

static bool pipes_make(struct script *s, int ends[2], struct gov_err *err)
{
    int out[2], errors[2];

    if (pipe2(out, O_CLOEXEC) < 0)
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "pipe: %s", strerror(errno));
    if (pipe2(errors, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "pipe: %s", strerror(errno));
    }
    s->out = out[0];
    s->err = errors[0];
    ends[0] = out[1];
    ends[1] = errors[1];
    return true;
}

/* Everything but where it comes from. Fails before anything is started. */
static bool spec_fill(struct script *s, struct jail_spec *spec, struct jail_file *files,
                      int ends[2], struct gov_err *err)
{
    for (uint32_t i = 0; i < s->message->file_count; i++)
        files[i] = (struct jail_file){ s->fds[i + 1], s->message->sha256[i], s->job.files[i].name,
                                       s->job.files[i].as };
    *spec = (struct jail_spec){
        .limits = s->message->limits,
        .runtime = s->runtime,
        .kind = (enum sandbox_kind)s->message->script_kind,
        .package = s->message->package,
        .files = files,
        .file_count = (int)s->message->file_count,
        .input_fd = s->fds[0],
        .inside_fd = -1,
        .package_fd = -1,
        .broker_fd = s->message->broker ? s->fds[s->message->file_count + 1] : 0,
    };
    if (!package_cache_open(s->host->packages, spec->package, &s->package, &spec->package_files,
                            &spec->package_bytes, err) ||
        !pipes_make(s, ends, err))
        return false;
    spec->package_fd = s->package;
    spec->out_fd = ends[0];
    spec->err_fd = ends[1];
    return true;
}

static void ends_close(int ends[2])
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
    }
}

static bool launch_cold(struct script *s, struct gov_err *err)
{
    struct jail_file files[SANDBOX_FILES_MAX];
    const char *argv[SANDBOX_ARGS_MAX + 8], *envp[ENVIRONMENT_MAX];
    char entry[SANDBOX_NAME_BYTES + 8];
    int ends[2] = { -1, -1 };
    struct jail_spec spec;

    s->warm = false;
    snprintf(s->zone, sizeof s->zone, "TZ=%s", s->job.timezone);
    environment_fill(s->zone, envp);
    command_fill(s, argv, entry);
    bool ok = spec_fill(s, &spec, files, ends, err);
    spec.argv = argv;
    spec.envp = envp;
    ok = ok && group_start(s->host, &spec, script_group_ready, script_group_ended, s, &s->group, err);
    ends_close(ends);
    return ok;
}

/* The spare is used up, whatever becomes of this. */
static bool launch_warm(struct script *s, struct spare *spare, struct gov_err *err)
{
    struct jail_file files[SANDBOX_FILES_MAX];
    int ends[2] = { -1, -1 };
    struct jail_spec spec;

    s->warm = true;
    bool ok = spec_fill(s, &spec, files, ends, err);
    if (ok) {
        ok = group_start_warm(s->zygote, spare, &spec, s->message, script_group_ready,
                              script_group_ended, s, &s->group, err);
    } else {
        spare_discard(spare, s->host);
        zygote_give_back(s->zygote);
    }
    ends_close(ends);
    return ok;
}

/* A spare that is dying with its zygote, or that nothing can be told, has not begun: cold is as good. */
static bool launch_warm_or_cold(struct script *s, struct spare *spare, struct gov_err *err)
{
    return launch_warm(s, spare, err) || script_launch_again(s, "failed", err);
}

static void spare_came(void *user, struct spare *spare, const char *reason)
{
    struct script *s = user;
    struct gov_err err = { 0 };

    if (!(spare ? launch_warm_or_cold(s, spare, &err) : script_launch_again(s, reason, &err)))
        script_refuse(s, &err);
}

bool script_launch(struct script *s, struct gov_err *err)
{
    struct zygote_key key = { .runtime = s->runtime };
    const char *reason = "asked for";
    struct spare spare;

    memcpy(key.package, s->message->package, sizeof key.package);
    snprintf(key.scope, sizeof key.scope, "%s", s->job.scope);
    s->wait = (struct zygote_wait){ .ready = spare_came, .user = s };
    if (s->message->script_kind != SANDBOX_PYTHON)
        reason = "shell";
    else if (s->message->warm && key.scope[0] &&
             zygote_pool_take(s->host, &key, &s->wait, &spare, &s->zygote, &reason))
        return spare.jail.pid == 0 || launch_warm_or_cold(s, &spare, err);
    snprintf(s->cold_reason, sizeof s->cold_reason, "%s", reason);
    return launch_cold(s, err);
}

bool script_launch_again(struct script *s, const char *reason, struct gov_err *err)
{
    int *const used[] = { &s->package, &s->out, &s->err };

    for (int i = 0; i < 3; i++) {
        if (*used[i] >= 0)
            close(*used[i]);
        *used[i] = -1;
    }
    snprintf(s->cold_reason, sizeof s->cold_reason, "%s", reason);
    return launch_cold(s, err);
}
