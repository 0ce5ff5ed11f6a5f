/* extract.c - two passes with libarchive: which folder wraps everything, then the files.
 *
 * libarchive's own extraction (archive_write_disk) is not used: its secure flags still make
 * symlinks to outside, devices and fifos. Here an entry is data with a name; the name goes through
 * names.c and the data into a new file opened component by component. Formats and filters are
 * listed by hand. Sizes are counted as they are written, because what an entry says about itself
 * can lie.
 */
#include "worker/sandbox/unpack/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/sandbox/unpack/names.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct extract {
    int fd, tree;
    FILE *report;
    iconv_t gb18030;
    struct arena arena;
    struct name_set names;
    char wrapper[NAME_PATH_BYTES]; /* "" none */
    bool wrapper_none;
    uint64_t bytes;
    int files, findings, ignored;
    bool stop, gbk_told;
};

static void finding(struct extract *x, const char *code, const char *path)
{
    if (x->findings++ < EXTRACT_FINDINGS_MAX)
        fprintf(x->report, "%s\t%s\t0\t\t\n", code, path);
}

static const char *verdict_code(enum name_verdict verdict)
{
    switch (verdict) {
    case NAME_ABSOLUTE:
        return "absolute_path";
    case NAME_DOTDOT:
        return "path_traversal";
    case NAME_ENCODING:
        return "name_encoding";
    case NAME_HIDDEN:
        return "hidden_character";
    case NAME_TOO_LONG:
        return "name_too_long";
    case NAME_TOO_DEEP:
        return "too_deep";
    default:
        return "name_invalid";
    }
}

enum format { FORMAT_NONE, FORMAT_ZIP, FORMAT_ZIP_EMPTY, FORMAT_TAR_GZ };

static enum format format_of(int fd)
{
    unsigned char magic[4] = { 0 };

    if (pread(fd, magic, sizeof magic, 0) != sizeof magic)
        return FORMAT_NONE;
    if (magic[0] == 'P' && magic[1] == 'K')
        return magic[2] == 3 ? FORMAT_ZIP : magic[2] == 5 ? FORMAT_ZIP_EMPTY : FORMAT_NONE;
    return magic[0] == 0x1f && magic[1] == 0x8b ? FORMAT_TAR_GZ : FORMAT_NONE;
}

/* zip by its central directory, or tar within gzip. NULL if it cannot be read. */
static struct archive *archive_start(int fd)
{
    struct archive *a = archive_read_new();

    CHECK(a);
    lseek(fd, 0, SEEK_SET);
    if (format_of(fd) == FORMAT_ZIP) {
        archive_read_support_format_zip_seekable(a);
    } else {
        archive_read_support_filter_gzip(a);
        archive_read_support_format_tar(a);
    }
    if (archive_read_open_fd(a, fd, BLOCK_BYTES) != ARCHIVE_OK) {
        archive_read_free(a);
        return NULL;
    }
    return a;
}

/* NULL: in no encoding that libarchive knows. */
static const char *entry_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    if (!name)
        name = archive_entry_pathname_utf8(entry);
    return name;
}

/* The next header; NULL at the end or where the archive cannot be read on. */
static struct archive_entry *entry_next(struct extract *x, struct archive *a, int *count, bool tell)
{
    struct archive_entry *entry;
    int rc;

    /* A header that cannot be believed is passed over by libarchive, and its file with it. */
    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_RETRY) {
        if (tell)
            finding(x, "damaged", "");
        if (++*count > EXTRACT_ENTRIES_MAX)
            break;
    }
    if (rc == ARCHIVE_EOF)
        return NULL;
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) {
        if (tell)
            finding(x, "damaged", "");
        return NULL;
    }
    if (++*count > EXTRACT_ENTRIES_MAX || archive_filter_bytes(a, 0) > 4ll * EXTRACT_BYTES_MAX) {
        if (tell)
            finding(x, *count > EXTRACT_ENTRIES_MAX ? "too_many_files" : "bomb", "");
        x->stop = true;
        return NULL;
    }
    return entry;
}

/* First pass: a folder that everything lies in. */
static void wrapper_look(struct extract *x, const char *path)
{
    size_t n = strcspn(path, "/");

    if (!path[n])
        x->wrapper_none = true;
    else if (!x->wrapper[0])
        memcpy(x->wrapper, path, n + 1), x->wrapper[n] = 0;
    else if (strncmp(x->wrapper, path, n) != 0 || x->wrapper[n])
        x->wrapper_none = true;
}

static void wrapper_find(struct extract *x)
{
    struct archive *a = archive_start(x->fd);
    struct archive_entry *entry;
    struct name name;
    int count = 0;

    while (a && (entry = entry_next(x, a, &count, false))) {
        const char *raw = entry_name(entry);
        if (raw && archive_entry_filetype(entry) != AE_IFDIR && name_normalise(raw, x->gb18030, &name) == NAME_TAKE)
            wrapper_look(x, name.path);
    }
    if (a)
        archive_read_free(a);
    if (x->wrapper_none)
        x->wrapper[0] = 0;
    x->stop = false;
}

/* Open the new file, making its folders. -1: errno. */
static int file_make(const struct extract *x, const char *path, bool executable)
{
    char part[NAME_PATH_BYTES];
    int dir = fcntl(x->tree, F_DUPFD_CLOEXEC, 3);
    const char *slash;

    while (dir >= 0 && (slash = strchr(path, '/'))) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        int next = mkdirat(dir, part, 0755) == 0 || errno == EEXIST
                       ? openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                       : -1;
        close(dir);
        dir = next;
        path = slash + 1;
    }
    if (dir < 0)
        return -1;
    int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    executable ? 0755 : 0644);
    close(dir);
    return fd;
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n <= 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

static void file_extract(struct extract *x, struct archive *a, struct archive_entry *entry,
                         const char *path)
{
    static char block[BLOCK_BYTES];
    uint64_t own = 0;
    ssize_t n;
    int fd = file_make(x, path, archive_entry_mode(entry) & 0111);

    if (fd < 0) {
        finding(x, errno == EEXIST || errno == ENOTDIR ? "duplicate" : "not_written", path);
        return;
    }
    while ((n = archive_read_data(a, block, sizeof block)) > 0) {
        own += (uint64_t)n;
        x->bytes += (uint64_t)n;
        if (own > EXTRACT_FILE_BYTES_MAX || x->bytes > EXTRACT_BYTES_MAX) {
            finding(x, own > EXTRACT_FILE_BYTES_MAX ? "file_too_large" : "bomb", path);
            x->stop = x->bytes > EXTRACT_BYTES_MAX;
            break;
        }
        if (!write_all(fd, block, (size_t)n)) {
            finding(x, "not_written", path);
            x->stop = true;
            break;
        }
    }
    if (n < 0)
        finding(x, archive_entry_is_encrypted(entry) ? "encrypted" : "damaged", path);
    close(fd);
}

/* Anything but a plain file or folder. */
static const char *kind_fault(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry))
        return "hard_link";
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return archive_entry_is_data_encrypted(entry) ? "encrypted" : NULL;
    case AE_IFDIR:
        return NULL;
    case AE_IFLNK:
        return "symlink";
    case AE_IFIFO:
        return "fifo";
    case AE_IFSOCK:
        return "socket";
    case AE_IFCHR:
    case AE_IFBLK:
        return "device";
    default:
        return "special_file";
    }
}

static void file_take(struct extract *x, struct archive *a, struct archive_entry *entry,
                      const char *path)
{
    size_t skip = x->wrapper[0] ? strlen(x->wrapper) + 1 : 0;

    path += skip;
    if (++x->files > EXTRACT_FILES_MAX) {
        finding(x, "too_many_files", path);
        x->stop = true;
        return;
    }
    switch (name_set_add(&x->names, path)) {
    case NAME_DUPLICATE:
        finding(x, "duplicate", path);
        return;
    case NAME_CASE_DUPLICATE:
        finding(x, "case_duplicate", path);
        return;
    case NAME_NEW:
        break;
    }
    if (archive_entry_mode(entry) & 06000)
        finding(x, "setuid_dropped", path);
    file_extract(x, a, entry, path);
}

static void entry_take(struct extract *x, struct archive *a, struct archive_entry *entry)
{
    struct name name;
    const char *raw = entry_name(entry), *fault = kind_fault(entry);

    if (!raw) {
        finding(x, "name_encoding", "?");
        return;
    }
    enum name_verdict verdict = name_normalise(raw, x->gb18030, &name);

    if (verdict == NAME_EMPTY)
        return;
    if (verdict == NAME_IGNORE) {
        if (archive_entry_filetype(entry) != AE_IFDIR) {
            finding(x, "ignored", name.path);
            x->ignored++;
        }
        return;
    }
    if (verdict != NAME_TAKE)
        finding(x, verdict_code(verdict), name.path);
    if (fault)
        finding(x, fault, name.path);
    if (name.was_gbk && !x->gbk_told) {
        finding(x, "gbk_names", name.path);
        x->gbk_told = true;
    }
    if (!fault && verdict == NAME_TAKE && archive_entry_filetype(entry) == AE_IFREG)
        file_take(x, a, entry, name.path);
}

static void files_extract(struct extract *x)
{
    struct archive *a = archive_start(x->fd);
    struct archive_entry *entry;
    int count = 0;

    if (!a) {
        finding(x, "damaged", "");
        return;
    }
    while (!x->stop && (entry = entry_next(x, a, &count, true)))
        entry_take(x, a, entry);
    archive_read_free(a);
    if (x->files == 0 && x->findings == x->ignored)
        finding(x, "empty", "");
}

static bool has(const struct extract *x, const char *path)
{
    struct stat st;

    return fstatat(x->tree, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static void look(struct extract *x)
{
    enum format format = format_of(x->fd);

    if (format == FORMAT_NONE || format == FORMAT_ZIP_EMPTY) {
        finding(x, format == FORMAT_NONE ? "not_an_archive" : "empty", "");
        return;
    }
    wrapper_find(x);
    if (x->wrapper[0])
        fprintf(x->report, "stripped\t%s\t0\t\t\n", x->wrapper);
    files_extract(x);
    if (x->files > 0 && !has(x, "main.py") && !has(x, "main.sh") && !has(x, "skill.json"))
        finding(x, "no_main", "");
    if (x->files > 0 && !has(x, "README.md"))
        finding(x, "no_readme", "");
}

int extract_inside(const struct jail_spec *spec, int work)
{
    struct extract x = { .fd = spec->inside_fd, .gb18030 = (iconv_t)spec->inside_data };

    /* The sealer reads here as another uid without any override. */
    if (fchmod(work, 0755) < 0 || chmod("/result", 0755) < 0 || mkdirat(work, "tree", 0755) < 0)
        return 1;
    x.tree = openat(work, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    x.report = fopen("/result/report", "we");
    if (x.tree < 0 || !x.report)
        return 1;
    arena_init(&x.arena);
    x.names.arena = &x.arena;
    look(&x);
    fputs("end\t\t0\t\t\n", x.report);
    bool ok = fclose(x.report) == 0 && fchdir(x.tree) == 0;
    arena_release(&x.arena);
    close(x.tree);
    return ok ? 0 : 1;
}
