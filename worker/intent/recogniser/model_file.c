#include "worker/intent/recogniser/model_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/id.h"
#include "core/base/text.h"

/* Two, so that a job that read the skills just before they changed finds the one it wants. */
enum { PATH_BYTES = 1200, KEPT = 2, LISTED_MAX = 64 };

static const char ending[] = ".model";

static void path_of(const char *folder, const char *schema, const char *digest, char *path)
{
    snprintf(path, PATH_BYTES, "%s/%s/%s%s", folder, schema, digest, ending);
}

bool model_file_exists(const char *folder, const char *schema, const char *digest)
{
    char path[PATH_BYTES];
    path_of(folder, schema, digest, path);
    return access(path, R_OK) == 0;
}

bool model_file_map(const char *folder, const char *schema, const char *digest,
                    struct recogniser *recogniser)
{
    char path[PATH_BYTES];
    struct gov_err err;

    path_of(folder, schema, digest, path);
    if (access(path, R_OK) != 0)
        return false;
    if (recogniser_map(recogniser, path, &err))
        return true;
    unlink(path);
    return false;
}

/* --- writing --- */

static bool write_all(int fd, const struct buf *image)
{
    for (size_t done = 0; done < image->length;) {
        ssize_t n = write(fd, image->data + done, image->length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

struct listed {
    char name[256];
    struct timespec at;
};

static int newest_first(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    if (x->at.tv_sec != y->at.tv_sec)
        return x->at.tv_sec < y->at.tv_sec ? 1 : -1;
    return (x->at.tv_nsec < y->at.tv_nsec) - (x->at.tv_nsec > y->at.tv_nsec);
}

/* What cannot be deleted now is deleted next time. */
static void prune(const char *folder)
{
    struct listed *list = calloc(LISTED_MAX, sizeof *list);
    DIR *dir = list ? opendir(folder) : NULL;
    size_t count = 0;
    struct stat file;

    for (struct dirent *d; dir && count < LISTED_MAX && (d = readdir(dir));) {
        if (!text_ends(d->d_name, ending) || fstatat(dirfd(dir), d->d_name, &file, 0) != 0)
            continue;
        snprintf(list[count].name, sizeof list[count].name, "%s", d->d_name);
        list[count++].at = file.st_mtim;
    }
    if (count)
        qsort(list, count, sizeof *list, newest_first);
    for (size_t i = KEPT; i < count; i++)
        unlinkat(dirfd(dir), list[i].name, 0);
    if (dir)
        closedir(dir);
    free(list);
}

bool model_file_write(const char *folder, const char *schema, const char *digest,
                      const struct buf *image, struct gov_err *err)
{
    char path[PATH_BYTES], part[PATH_BYTES], home[PATH_BYTES];
    struct id unique = id_new();

    snprintf(home, sizeof home, "%s/%s", folder, schema);
    path_of(folder, schema, digest, path);
    snprintf(part, sizeof part, "%s/%s.part", home, unique.text);
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || (mkdir(home, 0700) != 0 && errno != EEXIST))
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "make %s: %m", home);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "make %s: %m", part);
    /* No sync: a model that a power cut tears is found damaged and is built again. */
    bool good = write_all(fd, image);
    good = close(fd) == 0 && good && rename(part, path) == 0;
    if (!good) {
        gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "write %s: %m", path);
        unlink(part);
        return false;
    }
    prune(home);
    return true;
}
