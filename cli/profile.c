#include "cli/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"

enum { PROFILE_BYTES_MAX = 1 << 20 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool profile_path(struct arena *arena, const char **path, struct gov_err *err)
{
    if (environment("EXECGOV_CONFIG_DIR"))
        *path = arena_format(arena, "%s/profiles.json", environment("EXECGOV_CONFIG_DIR"));
    else if (environment("XDG_CONFIG_HOME"))
        *path = arena_format(arena, "%s/execgov/profiles.json", environment("XDG_CONFIG_HOME"));
    else if (environment("HOME"))
        *path = arena_format(arena, "%s/.config/execgov/profiles.json", environment("HOME"));
    else
        return gov_fail(err, GOV_CONFIGURATION, "HOME is not set; set EXECGOV_CONFIG_DIR",
                        "未设置 HOME，请设置 EXECGOV_CONFIG_DIR");
    return true;
}

/* The whole file as JSON; an empty object when there is none. */
static bool read_file(const char *path, json_t **file, struct arena *arena, struct gov_err *err)
{
    FILE *in = fopen(path, "re");

    if (!in && errno == ENOENT) {
        *file = json_own(arena, json_object());
        return true;
    }
    if (!in)
        return gov_fail(err, GOV_CONFIGURATION, "%s cannot be read: %s", "无法读取 %s：%s", path,
                        strerror(errno));
    char *text = arena_alloc(arena, PROFILE_BYTES_MAX);
    size_t bytes = fread(text, 1, PROFILE_BYTES_MAX, in);
    fclose(in);
    *file = json_parse(arena, text, bytes, err);
    if (!*file || !json_is_object(*file))
        return gov_fail(err, GOV_CONFIGURATION, "%s is not JSON; mend or remove it",
                        "%s 不是合法的 JSON，请修复或删除", path);
    return true;
}

static const char *without_slash(struct arena *arena, const char *url)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/')
        length--;
    return arena_copy(arena, url, length);
}

bool profile_read(const char *name, const char *url, struct profile *profile, struct arena *arena,
                  struct gov_err *err)
{
    const char *path;
    json_t *file;

    memset(profile, 0, sizeof *profile);
    if (!profile_path(arena, &path, err) || !read_file(path, &file, arena, err))
        return false;
    if (!name)
        name = environment("EXECGOV_PROFILE");
    if (!name)
        name = json_get_text(file, "current");
    profile->name = arena_text(arena, name ? name : "default");
    json_t *stored = json_object_get(json_object_get(file, "profiles"), profile->name);
    const char *stored_url = json_get_text(stored, "url");
    if (!url)
        url = environment("EXECGOV_URL");
    if (!url)
        url = stored_url ? stored_url : "http://127.0.0.1:8080";
    profile->url = without_slash(arena, url);
    profile->email = json_get_text(stored, "email");
    profile->tenant = json_get_text(stored, "tenant");
    profile->token = environment("EXECGOV_TOKEN");
    profile->token_from_environment = profile->token != NULL;
    if (!profile->token && stored_url && strcmp(stored_url, profile->url) == 0)
        profile->token = json_get_text(stored, "token");
    return true;
}

/* What is stored under `name`; false: there is no login in it. */
static bool stored_login(const char *name, json_t *stored, struct profile *profile, struct arena *arena)
{
    const char *url = json_get_text(stored, "url");

    *profile = (struct profile){ .name = arena_text(arena, name), .token = json_get_text(stored, "token"),
                                 .email = json_get_text(stored, "email"), .tenant = json_get_text(stored, "tenant") };
    if (!url || !profile->token)
        return false;
    profile->url = without_slash(arena, url);
    return true;
}

static const char *listed(struct arena *arena, const char *list, const char *name)
{
    return *list ? arena_format(arena, "%s, %s", list, name) : arena_text(arena, name);
}

bool profile_find(const char *wanted, struct profile *found, struct arena *arena, struct gov_err *err)
{
    const char *path, *name, *all = "", *meant = "";
    json_t *file, *stored;
    struct profile one;
    int count = 0;

    if (!profile_path(arena, &path, err) || !read_file(path, &file, arena, err))
        return false;
    json_object_foreach(json_object_get(file, "profiles"), name, stored)
    {
        if (!stored_login(name, stored, &one, arena))
            continue;
        bool called = strcmp(name, wanted) == 0;
        all = listed(arena, all, one.tenant ? arena_format(arena, "%s (%s)", name, one.tenant) : name);
        if (!called && !(one.tenant && strcmp(one.tenant, wanted) == 0))
            continue;
        *found = one;
        meant = listed(arena, meant, name);
        if (called) /* a profile's own name is there once */
            return true;
        count++;
    }
    if (count > 1)
        return gov_fail_at(err, GOV_CONFLICT, wanted, "ambiguous", "%s is the tenant of more than one login: %s; name one of them",
                           "多个登录都属于租户 %s：%s；请指定其中一个", wanted, meant);
    return count == 1 ||
           gov_fail_at(err, GOV_NOT_FOUND, wanted, "login",
                       "there is no login for %s here (there are: %s); log in there first: execgov --profile NAME login --tenant ID",
                       "本机没有 %s 的登录（已有：%s）；请先登录：execgov --profile 名称 login --tenant 租户编号", wanted,
                       *all ? all : "-");
}

static bool make_folder(char *path, struct gov_err *err)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        if (failed)
            return gov_fail(err, GOV_CONFIGURATION, "%s cannot be made: %s", "无法创建 %s：%s",
                            path, strerror(errno));
        *slash = '/';
    }
    return true;
}

static bool replace_file(const char *path, const json_t *file, struct arena *arena,
                         struct gov_err *err)
{
    char *fresh = arena_format(arena, "%s.XXXXXX", path);
    char *text = json_dumps(file, JSON_INDENT(2) | JSON_SORT_KEYS);
    size_t length = text ? strlen(text) : 0;

    if (!make_folder(fresh, err)) {
        free(text);
        return false;
    }
    int fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 from the first byte on */
    bool written = text && fd >= 0 && write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    free(text);
    if (written && rename(fresh, path) == 0)
        return true;
    if (fd >= 0)
        unlink(fresh);
    return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path,
                    strerror(written ? errno : reason));
}

bool profile_write(const struct profile *profile, struct arena *arena, struct gov_err *err)
{
    const char *path;
    json_t *file;

    if (!profile_path(arena, &path, err) || !read_file(path, &file, arena, err))
        return false;
    json_t *profiles = json_object_get(file, "profiles");
    if (!json_is_object(profiles)) {
        json_object_set_new(file, "profiles", json_object());
        profiles = json_object_get(file, "profiles");
    }
    json_t *stored = json_pack("{s:s, s:s*, s:s*, s:s*}", "url", profile->url, "token",
                               profile->token, "email", profile->email, "tenant", profile->tenant);
    json_object_set_new(profiles, profile->name, stored);
    json_object_set_new(file, "current", json_string(profile->name));
    return replace_file(path, file, arena, err);
}

bool profile_exposed(const char *path, unsigned *mode)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return false;
    *mode = info.st_mode & 07777;
    return (*mode & 077) != 0;
}
