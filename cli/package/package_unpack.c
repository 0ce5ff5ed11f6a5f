/* package_unpack.c - an archive is data with names: each name is looked at part by part, each file is made new and opened
 * folder by folder without following links, and links, devices and the like are refused. The files come into a hidden
 * folder inside of the wanted one and move up when all of them are there. libarchive's own extraction is not used, for
 * the same reasons as in the sandbox: it makes links and devices. */
#include "cli/package/package_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/package/package.h"
#include "core/base/text.h"

enum { BLOCK_BYTES = 64 * 1024, PATH_BYTES = 1024, OPEN_FOLDERS = 16 };

struct unpack {
    struct archive *archive;
    const char *folder;
    int root; /* where the files go */
    size_t count;
    long long bytes;
    struct arena *arena;
    struct gov_err *err;
};

static bool cannot_write(const char *path, struct gov_err *err)
{
    return gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path, strerror(errno));
}

static bool refuse(struct unpack *u, const char *name, const char *why)
{
    return gov_fail_at(u->err, GOV_ARTIFACT_REFUSED, name, why,
                       "the archive has something that is not written here: %s (%s); --archive keeps it as it is",
                       "压缩包中有不能写入本地的内容：%s（%s）；--archive 可原样保存", name, why);
}

const char *package_suffix(const char *path)
{
    unsigned char magic[2] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic;

    if (fd >= 0)
        close(fd);
    return !got ? NULL : memcmp(magic, "PK", 2) == 0 ? ".zip" : memcmp(magic, "\x1f\x8b", 2) == 0 ? ".tar.gz" : NULL;
}

/* --- one entry --- */

/* Every part of the name is one that stays where it is put; "." and empty parts go. NULL: refused. */
static char *safe_path(struct unpack *u, const char *name)
{
    char *text = arena_text(u->arena, name), *safe = arena_text(u->arena, ""), *rest = text, *part;
    const char *why;
    int depth = 0;

    for (char *c = text; *c; c++) /* made by Windows, and read like that by the server */
        if (*c == '\\')
            *c = '/';
    if (*text == '/')
        return refuse(u, name, "absolute"), NULL;
    while ((part = strsep(&rest, "/"))) {
        if (!*part || strcmp(part, ".") == 0)
            continue;
        bool hidden = *part == '.' && strcmp(part, "..") != 0; /* nothing that leaves the folder: what it is without its dot counts */
        if (!text_file_name_valid(hidden ? part + 1 : part, &why))
            return refuse(u, name, why), NULL;
        if (++depth > PACKAGE_DEPTH_MAX)
            return refuse(u, name, "too_deep"), NULL;
        safe = arena_format(u->arena, "%s%s%s", safe, *safe ? "/" : "", part);
    }
    return safe;
}

/* The folder of `path` below the root, made if it is not there; *last is what is left of the path. -1: errno. */
static int open_parent(struct unpack *u, char *path, const char **last)
{
    int at = fcntl(u->root, F_DUPFD_CLOEXEC, 3);
    char *slash;

    while (at >= 0 && (slash = strchr(path, '/'))) {
        *slash = '\0';
        int next = mkdirat(at, path, 0777) == 0 || errno == EEXIST
                       ? openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                       : -1;
        close(at);
        at = next;
        path = slash + 1;
    }
    *last = path;
    return at;
}

static bool copy_bytes(struct unpack *u, int fd, const char *name)
{
    static char block[BLOCK_BYTES];
    ssize_t got;

    while ((got = archive_read_data(u->archive, block, sizeof block)) > 0) {
        u->bytes += got;
        if (u->bytes > PACKAGE_UNPACKED_BYTES_MAX)
            return refuse(u, name, "too_large");
        if (write(fd, block, (size_t)got) != got)
            return cannot_write(u->folder, u->err);
    }
    return got == 0 || refuse(u, name, "damaged");
}

static bool take_file(struct unpack *u, struct archive_entry *entry, char *path, const char *name)
{
    const char *last;

    if (++u->count > PACKAGE_FILES_MAX)
        return refuse(u, name, "too_many_files");
    int parent = open_parent(u, path, &last);
    int mode = archive_entry_perm(entry) & 0111 ? 0777 : 0666;
    int fd = parent < 0 ? -1 : openat(parent, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    int reason = errno;

    if (parent >= 0)
        close(parent);
    errno = reason;
    if (fd < 0)
        return reason == EEXIST || reason == ENOTDIR ? refuse(u, name, "duplicate") : cannot_write(u->folder, u->err);
    bool done = copy_bytes(u, fd, name);
    if (close(fd) != 0 && done)
        done = cannot_write(u->folder, u->err);
    return done;
}

static bool take_entry(struct unpack *u, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;

    if (!name)
        return refuse(u, "?", "not_utf8");
    if (archive_entry_hardlink(entry) || (!folder && archive_entry_filetype(entry) != AE_IFREG))
        return refuse(u, name, "special_file");
    char *path = safe_path(u, name);
    if (!path)
        return false;
    return folder || (*path ? take_file(u, entry, path, name) : refuse(u, name, "empty"));
}

/* --- all of them --- */

static bool take_all(struct unpack *u, const char *path)
{
    struct archive_entry *entry;
    int rc = ARCHIVE_OK;

    if (archive_read_open_filename(u->archive, path, BLOCK_BYTES) != ARCHIVE_OK)
        return refuse(u, path, "damaged");
    while ((rc = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN)
        if (!take_entry(u, entry))
            return false;
    return rc == ARCHIVE_EOF || refuse(u, path, "damaged");
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static bool move_up(const char *from, const char *to, struct arena *arena, struct gov_err *err)
{
    DIR *folder = opendir(from);
    bool moved = folder != NULL;

    for (struct dirent *e; moved && (e = readdir(folder));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            moved = rename(arena_format(arena, "%s/%s", from, e->d_name), arena_format(arena, "%s/%s", to, e->d_name)) == 0;
    int reason = errno;
    if (folder)
        closedir(folder);
    errno = reason;
    return moved || cannot_write(to, err);
}

bool package_room(const char *folder, struct gov_err *err)
{
    DIR *there = opendir(folder);
    bool empty = true;

    if (!there && errno == ENOENT)
        return true;
    if (there)
        for (struct dirent *e; (e = readdir(there));)
            empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    if (there)
        closedir(there);
    return (there && empty) ||
           gov_fail_at(err, GOV_CONFLICT, folder, "exists", "%s is there already and is not an empty folder; --out names another",
                       "%s 已存在且不是空文件夹；请用 --out 指定其他位置", folder);
}

bool package_unpack(const char *path, const char *folder, size_t *count, struct arena *arena, struct gov_err *err)
{
    struct unpack u = { .folder = folder, .root = -1, .arena = arena, .err = err };

    char *within = arena_format(arena, "%s/.execgov-XXXXXX", folder);
    if (!package_room(folder, err))
        return false;
    bool made = mkdir(folder, 0777) == 0;
    if ((!made && errno != EEXIST) || !mkdtemp(within)) {
        cannot_write(folder, err);
        if (made)
            rmdir(folder);
        return false;
    }
    u.root = open(within, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    u.archive = archive_read_new();
    archive_read_support_filter_gzip(u.archive);
    archive_read_support_format_tar(u.archive);
    archive_read_support_format_zip_seekable(u.archive);
    bool done = u.root >= 0 ? take_all(&u, path) && move_up(within, folder, arena, err) : cannot_write(folder, err);
    archive_read_free(u.archive);
    if (u.root >= 0)
        close(u.root);
    nftw(within, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    if (!done && made)
        rmdir(folder);
    *count = u.count;
    return done;
}
