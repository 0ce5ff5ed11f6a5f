#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/package/package.h"
#include "core/base/text.h"

/* What tools leave behind and no script needs; the server ignores the same. */
static const char *const leftovers[] = { ".git", ".hg", ".svn", "__pycache__", "__MACOSX",
                                         ".DS_Store", ".venv", "venv", "node_modules", ".idea",
                                         ".vscode", ".pytest_cache", ".mypy_cache" };

struct walk {
    struct package *package;
    struct arena *arena;
    struct gov_err *err;
};

static bool is_leftover(const char *name)
{
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++)
        if (strcmp(name, leftovers[i]) == 0)
            return true;
    return text_ends(name, ".pyc") || text_ends(name, "~");
}

static void note(const char **list, size_t *count, const char *path)
{
    if (*count < PACKAGE_FILES_MAX)
        list[(*count)++] = path;
}

static bool walk_folder(struct walk *w, const char *prefix, int depth);

static bool take_entry(struct walk *w, int folder, const char *prefix, const char *name, int depth)
{
    struct package *p = w->package;
    const char *path = arena_format(w->arena, "%s%s", prefix, name);
    const char *why;
    struct stat info;

    if (is_leftover(name)) {
        note(p->ignored, &p->ignored_count, path);
        return true;
    }
    if (!text_file_name_valid(name, &why) || fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) {
        note(p->refused, &p->refused_count, path);
        return true;
    }
    if (S_ISDIR(info.st_mode))
        return walk_folder(w, arena_format(w->arena, "%s/", path), depth + 1);
    if (p->count == PACKAGE_FILES_MAX)
        return gov_fail(w->err, GOV_INVALID_INPUT, "%s has more than %d files", "%s 的文件超过 %d 个",
                        p->folder, PACKAGE_FILES_MAX);
    p->files[p->count++] = (struct package_file){ path, info.st_size };
    return true;
}

static bool walk_folder(struct walk *w, const char *prefix, int depth)
{
    const char *path = arena_format(w->arena, "%s/%s", w->package->folder, prefix);
    bool good = true;

    if (depth > PACKAGE_DEPTH_MAX)
        return gov_fail(w->err, GOV_INVALID_INPUT, "%s is nested too deep", "%s 嵌套过深", path);
    DIR *folder = opendir(path);
    if (!folder)
        return gov_fail(w->err, GOV_INVALID_INPUT, "%s cannot be read: %s", "无法读取 %s：%s", path,
                        strerror(errno));
    for (struct dirent *e; good && (e = readdir(folder));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            good = take_entry(w, dirfd(folder), prefix, e->d_name, depth);
    closedir(folder);
    return good;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct package_file *)a)->path, ((const struct package_file *)b)->path);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool package_read(const char *folder, struct package *package, struct arena *arena,
                  struct gov_err *err)
{
    struct walk w = { package, arena, err };
    char real[4096];

    memset(package, 0, sizeof *package);
    package->folder = folder;
    if (!realpath(folder, real))
        return gov_fail_at(err, GOV_NOT_FOUND, folder, "folder", "there is no folder %s: %s",
                           "没有文件夹 %s：%s", folder, strerror(errno));
    package->name = arena_text(arena, strrchr(real, '/') + 1);
    package->files = ARENA_ARRAY(arena, struct package_file, PACKAGE_FILES_MAX);
    package->ignored = ARENA_ARRAY(arena, const char *, PACKAGE_FILES_MAX);
    package->refused = ARENA_ARRAY(arena, const char *, PACKAGE_FILES_MAX);
    if (!walk_folder(&w, "", 0))
        return false;
    qsort(package->files, package->count, sizeof *package->files, by_path);
    qsort(package->ignored, package->ignored_count, sizeof *package->ignored, by_text);
    qsort(package->refused, package->refused_count, sizeof *package->refused, by_text);
    return true;
}

bool package_has(const struct package *package, const char *path)
{
    for (size_t i = 0; i < package->count; i++)
        if (strcmp(package->files[i].path, path) == 0)
            return true;
    return false;
}

const char *package_text(const struct package *package, const char *path, struct arena *arena)
{
    if (!package_has(package, path))
        return NULL;
    FILE *in = fopen(arena_format(arena, "%s/%s", package->folder, path), "re");
    if (!in)
        return NULL;
    char *text = arena_alloc(arena, PACKAGE_TEXT_BYTES_MAX + 1);
    size_t bytes = fread(text, 1, PACKAGE_TEXT_BYTES_MAX, in);
    bool whole = fgetc(in) == EOF;
    fclose(in);
    return whole && text_utf8_valid(text, bytes) ? text : NULL;
}
