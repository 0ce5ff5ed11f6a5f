#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/package/package.h"

/* libarchive does not always say why. */
static const char *reason_of(struct archive *archive)
{
    const char *reason = archive ? archive_error_string(archive) : NULL;
    return reason ? reason : "libarchive";
}

/* Copy one file. A file that grew or shrank since it was listed is a fault, not a broken archive. */
static bool copy_bytes(struct archive *archive, int fd, long long left, const char *path,
                       struct gov_err *err)
{
    char block[65536];
    ssize_t got;

    while ((got = read(fd, block, sizeof block)) > 0) {
        left -= got;
        if (left < 0 || archive_write_data(archive, block, (size_t)got) != got)
            break;
    }
    if (got == 0 && left == 0)
        return true;
    return gov_fail_at(err, GOV_CONFLICT, path, "changed", "%s changed while it was packed; again?",
                       "%s 在打包过程中发生变化，请重试", path);
}

static bool add_file(struct archive *archive, const struct package *package,
                     const struct package_file *file, struct gov_err *err)
{
    struct archive_entry *entry = archive_entry_new();
    char path[4096];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", package->folder, file->path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (!good) {
        gov_fail_at(err, GOV_INVALID_INPUT, file->path, "unreadable", "%s cannot be read: %s",
                    "无法读取 %s：%s", path, strerror(errno));
    } else {
        archive_entry_set_pathname_utf8(entry, file->path);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, info.st_mode & 0111 ? 0755 : 0644);
        archive_entry_set_size(entry, info.st_size);
        archive_entry_set_mtime(entry, 0, 0);
        good = archive_write_header(archive, entry) == ARCHIVE_OK;
        if (!good)
            gov_fail(err, GOV_INTERNAL, "%s: %s", "%s：%s", file->path,
                     reason_of(archive));
        good = good && copy_bytes(archive, fd, info.st_size, file->path, err);
    }
    if (fd >= 0)
        close(fd);
    archive_entry_free(entry);
    return good;
}

bool package_archive(const struct package *package, const char *path, struct gov_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct archive *archive = archive_write_new();
    bool good = fd >= 0 && archive && archive_write_add_filter_gzip(archive) == ARCHIVE_OK &&
                archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK &&
                archive_write_set_options(archive, "gzip:!timestamp,hdrcharset=UTF-8") >=
                    ARCHIVE_WARN &&
                archive_write_open_fd(archive, fd) == ARCHIVE_OK;

    if (!good)
        gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path,
                 fd < 0 ? strerror(errno) : reason_of(archive));
    for (size_t i = 0; good && i < package->count; i++)
        good = add_file(archive, package, &package->files[i], err);
    if (good && archive_write_close(archive) != ARCHIVE_OK)
        good = gov_fail(err, GOV_CONFIGURATION, "%s cannot be written: %s", "无法写入 %s：%s", path,
                        reason_of(archive));
    archive_write_free(archive);
    if (fd >= 0)
        close(fd);
    return good;
}
