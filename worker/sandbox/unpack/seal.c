/* seal.c - copy under a fresh name, then rename to the digest: a package is there whole or not at
 * all.
 *
 * No fsync: every run hashes the package again while it copies it into the job, so that a tree
 * which a power cut has damaged is noticed, dropped and unpacked anew.
 */
#include "worker/sandbox/unpack/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "worker/sandbox/store/package_cache.h"
#include "worker/sandbox/store/tree.h"
#include "worker/sandbox/unpack/extract.h"
#include "core/model/package_findings.h"
#include "worker/sandbox/wire.h"

enum { TEXT_BYTES_MAX = 256 * 1024, MODULES_BYTES_MAX = 60 * 1024, SPARE_S = 600 };

static const char *const shown[] = { "README.md", "skill.json", "main.py", "main.sh",
                                     "requirements.txt" };

struct sealing {
    const struct seal *seal;
    struct findings findings;
    struct arena arena;
    struct tree_listing listing;
    uint8_t digest[TREE_DIGEST_BYTES];
    struct buf texts;
    char fresh[48];
};

/* A small file as text in the arena, NULL if there is none, it is too large or no file. */
static char *file_text(struct arena *arena, int dir, const char *name, size_t max, size_t *bytes)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *text = NULL;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= max) {
        text = arena_alloc(arena, (size_t)st.st_size + 1);
        ssize_t n = read(fd, text, (size_t)st.st_size);
        *bytes = n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static void report_read(struct sealing *s, const char *name, const char *missing_code,
                        const char *why)
{
    size_t bytes = 0;
    char *text = s->seal->result < 0
                     ? NULL
                     : file_text(&s->arena, s->seal->result, name, FINDINGS_REPORT_BYTES, &bytes);

    s->findings.ended = false;
    if (text)
        findings_read(&s->findings, text, bytes);
    if (!s->findings.ended)
        findings_add(&s->findings, missing_code, "", why);
}

/* Names for a zygote (store/package_cache.h). Without them it starts with nothing imported. */
static void modules_keep(struct sealing *s, int fresh)
{
    size_t bytes = 0;
    char *text = s->seal->result < 0
                     ? NULL
                     : file_text(&s->arena, s->seal->result, "modules", MODULES_BYTES_MAX, &bytes);
    int fd = text && bytes && !memchr(text, 0, bytes)
                 ? openat(fresh, "modules", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444)
                 : -1;

    if (fd < 0)
        return;
    if (write(fd, text, bytes) != (ssize_t)bytes)
        unlinkat(fresh, "modules", 0);
    close(fd);
}

static bool tree_copy(struct sealing *s, int tree, struct gov_err *err)
{
    const struct tree_bounds bounds = { EXTRACT_FILES_MAX, EXTRACT_BYTES_MAX, 20 };
    int fresh = -1, copy = -1;
    bool ok;

    snprintf(s->fresh, sizeof s->fresh, "new-%d", getpid());
    tree_remove(s->seal->packages, s->fresh);
    if (mkdirat(s->seal->packages, s->fresh, 0700) == 0)
        fresh = openat(s->seal->packages, s->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh >= 0 && mkdirat(fresh, "tree", 0700) == 0)
        copy = openat(fresh, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = copy >= 0 ? tree_walk(tree, copy, "", TREE_SEAL, &bounds, &s->arena, &s->listing, err)
                   : gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "cache: %s", strerror(errno));
    if (ok) {
        char text[64];
        int n = snprintf(text, sizeof text, "%zu %llu\n", s->listing.count,
                         (unsigned long long)s->listing.bytes);
        int counts = openat(fresh, "counts", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
        ok = counts >= 0 && write(counts, text, (size_t)n) == n && fchmod(copy, 0555) == 0;
        if (counts >= 0)
            close(counts);
    }
    if (ok)
        modules_keep(s, fresh);
    if (copy >= 0)
        close(copy);
    if (fresh >= 0)
        close(fresh);
    return ok;
}

/* Put the fresh copy where its digest says; the same content may be there already. */
static bool tree_publish(struct sealing *s)
{
    char hex[TREE_HEX_BYTES];

    tree_hex(s->digest, hex);
    if (renameat(s->seal->packages, s->fresh, s->seal->packages, hex) == 0)
        return true;
    bool there = errno == EEXIST || errno == ENOTEMPTY;
    tree_remove(s->seal->packages, s->fresh);
    return there;
}

static void texts_read(struct sealing *s, int tree)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        size_t bytes = 0;
        char *text = file_text(&s->arena, tree, shown[i], TEXT_BYTES_MAX, &bytes);
        if (!text || !text_utf8_valid(text, bytes))
            continue;
        buf_addf(&s->texts, "%s\"%s\":", s->texts.length ? "," : "", shown[i]);
        buf_add_json_string(&s->texts, text, bytes);
    }
}

static void json_write(struct sealing *s, bool kept, struct buf *out)
{
    char hex[TREE_HEX_BYTES];

    tree_hex(s->digest, hex);
    buf_addf(out, "{\"ok\":%s,\"package\":", kept ? "true" : "false");
    if (kept)
        buf_addf(out, "\"%s\"", hex);
    else
        buf_add_text(out, "null");
    buf_addf(out, ",\"bytes\":%llu,\"stripped\":%s,\"files\":[",
             (unsigned long long)s->listing.bytes,
             s->findings.stripped.length ? s->findings.stripped.data : "null");
    for (size_t i = 0; i < s->listing.count; i++) {
        const struct tree_entry *e = &s->listing.entries[i];
        tree_hex(e->sha256, hex);
        buf_addf(out, "%s{\"path\":", i ? "," : "");
        buf_add_json_string(out, e->path, strlen(e->path));
        buf_addf(out, ",\"mode\":\"%s\",\"size\":%llu,\"sha256\":\"%s\"}",
                 e->executable ? "0755" : "0644", (unsigned long long)e->size, hex);
    }
    buf_addf(out, "],\"ignored\":[%s],\"findings\":[%s],\"texts\":{%s}}",
             buf_text(&s->findings.ignored), buf_text(&s->findings.items), buf_text(&s->texts));
}

static bool answer(struct sealing *s, bool kept)
{
    struct wire_unpacked m = { .header = { WIRE_MAGIC, WIRE_UNPACKED, s->seal->job },
                               .kept = kept };
    struct buf json = { 0 };
    int fd = memfd_create("unpacked", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok;

    json_write(s, kept, &json);
    memcpy(m.package, s->digest, sizeof m.package);
    m.json_bytes = json.length;
    ok = fd >= 0 && write(fd, json.data, json.length) == (ssize_t)json.length &&
         fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
         wire_send(s->seal->out, &m, sizeof m, &fd, 1) == 1;
    if (fd >= 0)
        close(fd);
    buf_release(&json);
    return ok;
}

static bool seal_tree(struct sealing *s, int tree)
{
    struct gov_err err = { 0 };

    if (!tree_copy(s, tree, &err)) {
        /* The jail's own checks did not see it, or it did not tell: refuse all the same. */
        tree_remove(s->seal->packages, s->fresh);
        findings_add(&s->findings, "unpack_failed", err.path, err.item[0] ? err.item : "cache");
        return false;
    }
    tree_digest(&s->listing, s->digest);
    texts_read(s, tree);
    if (s->findings.errors == 0)
        return tree_publish(s);
    tree_remove(s->seal->packages, s->fresh);
    return false;
}

bool seal_run(const struct seal *seal)
{
    struct sealing s = { .seal = seal };
    int tree = seal->work < 0
                   ? -1
                   : openat(seal->work, "tree", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool kept = false, ok;

    arena_init(&s.arena);
    report_read(&s, "report", "unpack_failed", seal->failure ? seal->failure : "no report");
    report_read(&s, "check", "check_failed", seal->failure ? seal->failure : "no report");
    if (tree >= 0) {
        kept = seal_tree(&s, tree);
        close(tree);
    }
    ok = answer(&s, kept);
    package_cache_trim(seal->packages, seal->cache_bytes, SPARE_S);
    findings_release(&s.findings);
    buf_release(&s.texts);
    arena_release(&s.arena);
    return ok;
}
