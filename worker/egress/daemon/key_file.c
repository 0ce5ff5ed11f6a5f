/* key_file.c - written beside and renamed, so that a full disk costs no key. */
#include "worker/egress/daemon/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/buf.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

static bool cannot(struct gov_err *err, const char *what, const char *path)
{
    return gov_fail(err, GOV_CONFIGURATION, "cannot %s the key file %s: %s", "无法%s密钥文件 %s：%s", what,
                    path, strerror(errno));
}

/* Who else could read it makes it no secret. */
static bool read_all(const char *path, struct buf *text, struct gov_err *err)
{
    struct stat st;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0)
            close(fd);
        return cannot(err, "read", path);
    }
    if ((st.st_mode & 077) != 0 || st.st_size > FILE_BYTES_MAX) {
        close(fd);
        return gov_fail(err, GOV_CONFIGURATION,
                        "others can read the key file %s (or it is too large); chmod 600 it",
                        "密钥文件 %s 可被他人读取（或过大）；请执行 chmod 600", path);
    }
    do {
        n = read(fd, buf_reserve(text, 4096), 4096);
        text->length += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    close(fd);
    buf_add_char(text, 0);
    return n == 0 || cannot(err, "read", path);
}

static void forget(struct buf *text)
{
    if (text->data)
        seal_wipe(text->data, text->capacity);
    buf_release(text);
}

struct seal_ring *key_file_read(const char *path, struct gov_err *err)
{
    struct buf text = { 0 };
    struct seal_ring *ring = read_all(path, &text, err) ? seal_ring_new(text.data, err) : NULL;

    forget(&text);
    if (ring && seal_ring_count(ring) == 0) {
        seal_ring_free(ring);
        gov_fail(err, GOV_CONFIGURATION, "the key file %s holds no key", "密钥文件 %s 中没有密钥", path);
        return NULL;
    }
    return ring;
}

static bool write_all(const char *path, const char *text, size_t bytes, struct gov_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes && fsync(fd) == 0;

    if (!good)
        cannot(err, "write", path);
    if (fd >= 0)
        close(fd);
    return good;
}

bool key_file_add(const char *path, struct gov_err *err)
{
    struct buf text = { 0 };
    struct arena arena;
    bool good = true;

    arena_init(&arena);
    if (access(path, F_OK) == 0) {
        struct seal_ring *ring = key_file_read(path, err);
        good = ring != NULL && read_all(path, &text, err);
        if (ring)
            seal_ring_free(ring);
        if (good)
            text.length--; /* the NUL of read_all */
    } else {
        buf_add_text(&text, "# Master keys of execgov-egress. Whoever has them opens every credential.\n");
    }
    if (good && text.length && text.data[text.length - 1] != '\n')
        buf_add_char(&text, '\n');
    buf_add_text(&text, seal_key_new(&arena));
    const char *beside = arena_format(&arena, "%s.new", path);
    good = good && write_all(beside, text.data, text.length, err) &&
           (rename(beside, path) == 0 || cannot(err, "write", path));
    forget(&text);
    arena_release(&arena);
    return good;
}
