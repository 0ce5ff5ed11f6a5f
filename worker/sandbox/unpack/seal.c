/* seal.c - copy under a fresh name, then rename to the digest: a package is there whole or not at
 * all.
 *
 * No fsync for a package: every run hashes it again while it copies it into the job, so that a tree
 * which a power cut has damaged is noticed, dropped and unpacked anew. Installed wheels are mounted
 * and not read again, so they are on the disk before they have their name.
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
#include "core/model/skill/findings.h"
#include "worker/sandbox/store/package_cache.h"
#include "worker/sandbox/store/tree.h"
#include "worker/sandbox/unpack/extract.h"
#include "worker/sandbox/wire.h"

enum { TEXT_BYTES_MAX = 256 * 1024, MODULES_BYTES_MAX = 60 * 1024, SPARE_S = 600 };
/* Of the texts that are kept for who reviews: one file's, and all of them. */
enum { SOURCE_BYTES_MAX = 64 * 1024, SOURCES_BYTES_MAX = 512 * 1024 };

static const char *const shown[] = { "README.md", "skill.json", "main.py", "main.sh",
                                     "requirements.txt" };

/* One tree on its way into the cache. */
struct sealed {
    int cache; /* packages or wheels */
    struct tree_listing listing;
    uint8_t digest[TREE_DIGEST_BYTES];
    char fresh[48];
    bool there;
};

struct sealing {
    const struct seal *seal;
    struct findings findings;
    struct arena arena;
    struct sealed package, runtime;
    struct tree_listing wheels; /* as they were brought: for whoever reviews */
    struct buf texts, sources;
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

static bool counts_write(int fresh, const struct tree_listing *listing, uint64_t bytes)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%zu %llu\n", listing->count, (unsigned long long)bytes);
    int counts = openat(fresh, "counts", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    bool ok = counts >= 0 && write(counts, text, (size_t)n) == n;

    if (counts >= 0)
        close(counts);
    return ok;
}

static bool tree_copy(struct sealing *s, struct sealed *t, int tree, struct gov_err *err)
{
    static const struct tree_bounds package = { EXTRACT_FILES_MAX, EXTRACT_BYTES_MAX, 20 };
    static const struct tree_bounds wheels = { SEAL_WHEELS_FILES_MAX, SEAL_WHEELS_BYTES_MAX, 32 };
    bool own = t == &s->package;
    int fresh = -1, copy = -1;
    bool ok;

    snprintf(t->fresh, sizeof t->fresh, "new-%d", getpid());
    tree_remove(t->cache, t->fresh);
    if (mkdirat(t->cache, t->fresh, own ? 0700 : 0711) == 0)
        fresh = openat(t->cache, t->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fresh >= 0 && mkdirat(fresh, "tree", 0700) == 0)
        copy = openat(fresh, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = copy >= 0 ? tree_walk(tree, copy, "", TREE_SEAL | (own ? 0 : TREE_SKIP_CACHE), own ? &package : &wheels,
                               &s->arena, &t->listing, err)
                   : gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "cache: %s", strerror(errno));
    /* What the interpreter compiled is about as large again. */
    ok = ok && counts_write(fresh, &t->listing, own ? t->listing.bytes : 2 * t->listing.bytes) &&
         fchmod(copy, 0555) == 0;
    if (ok && own)
        modules_keep(s, fresh);
    if (ok && !own)
        ok = syncfs(fresh) == 0;
    if (copy >= 0)
        close(copy);
    if (fresh >= 0)
        close(fresh);
    if (ok)
        tree_digest(&t->listing, t->digest);
    return ok;
}

static void tree_drop(struct sealed *t)
{
    if (t->fresh[0])
        tree_remove(t->cache, t->fresh);
}

/* Put the fresh copy where its digest says; the same content may be there already. */
static bool tree_publish(struct sealed *t)
{
    char hex[TREE_HEX_BYTES];

    tree_hex(t->digest, hex);
    if (renameat(t->cache, t->fresh, t->cache, hex) == 0)
        return true;
    bool there = errno == EEXIST || errno == ENOTEMPTY;
    if (there)
        package_cache_touch(t->cache, t->digest);
    tree_drop(t);
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

/* What can be read of the tree, for who reviews; the longer files stay a name and a digest. */
static void sources_read(struct sealing *s, int tree)
{
    for (size_t i = 0; i < s->package.listing.count; i++) {
        const struct tree_entry *e = &s->package.listing.entries[i];
        size_t bytes = 0;
        char *text = e->size <= SOURCE_BYTES_MAX ? file_text(&s->arena, tree, e->path, SOURCE_BYTES_MAX, &bytes) : NULL;
        if (!text || memchr(text, 0, bytes) || !text_utf8_valid(text, bytes) ||
            s->sources.length + bytes > SOURCES_BYTES_MAX)
            continue;
        buf_add_char(&s->sources, s->sources.length ? ',' : ' ');
        buf_add_json_string(&s->sources, e->path, strlen(e->path));
        buf_add_char(&s->sources, ':');
        buf_add_json_string(&s->sources, text, bytes);
    }
}

static void digest_write(const char *name, const uint8_t *digest, bool there, struct buf *out)
{
    char hex[TREE_HEX_BYTES];

    tree_hex(digest, hex);
    if (there)
        buf_addf(out, ",\"%s\":\"%s\"", name, hex);
    else
        buf_addf(out, ",\"%s\":null", name);
}

static void files_write(const struct tree_listing *listing, struct buf *out)
{
    char hex[TREE_HEX_BYTES];

    for (size_t i = 0; i < listing->count; i++) {
        const struct tree_entry *e = &listing->entries[i];
        tree_hex(e->sha256, hex);
        buf_addf(out, "%s{\"path\":", out->data[out->length - 1] == '[' ? "" : ",");
        buf_add_json_string(out, e->path, strlen(e->path));
        buf_addf(out, ",\"mode\":\"%s\",\"size\":%llu,\"sha256\":\"%s\"}",
                 e->executable ? "0755" : "0644", (unsigned long long)e->size, hex);
    }
}

static void json_write(struct sealing *s, bool kept, struct buf *out)
{
    buf_addf(out, "{\"ok\":%s", kept ? "true" : "false");
    digest_write("package", s->package.digest, kept, out);
    digest_write("runtime", s->runtime.digest, kept && s->runtime.there, out);
    buf_addf(out, ",\"runtime_bytes\":%llu", (unsigned long long)s->runtime.listing.bytes);
    buf_addf(out, ",\"bytes\":%llu,\"stripped\":%s,\"files\":[",
             (unsigned long long)(s->package.listing.bytes + s->wheels.bytes),
             s->findings.stripped.length ? s->findings.stripped.data : "null");
    files_write(&s->package.listing, out);
    files_write(&s->wheels, out);
    buf_addf(out, "],\"ignored\":[%s],\"findings\":[%s],\"texts\":{%s},\"sources\":{%s}}",
             buf_text(&s->findings.ignored), buf_text(&s->findings.items), buf_text(&s->texts), buf_text(&s->sources));
}

static bool answer(struct sealing *s, bool kept)
{
    struct wire_unpacked m = { .header = { WIRE_MAGIC, WIRE_UNPACKED, s->seal->job },
                               .kept = kept };
    struct buf json = { 0 };
    int fd = memfd_create("unpacked", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok;

    json_write(s, kept, &json);
    memcpy(m.package, s->package.digest, sizeof m.package);
    m.json_bytes = json.length;
    ok = fd >= 0 && write(fd, json.data, json.length) == (ssize_t)json.length &&
         fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
         wire_send(s->seal->out, &m, sizeof m, &fd, 1) == 1;
    if (fd >= 0)
        close(fd);
    buf_release(&json);
    return ok;
}

static int folder_of(const struct sealing *s, const char *name)
{
    return s->seal->work < 0 ? -1
                             : openat(s->seal->work, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What was brought in wheels/ and what became of it. Without a runtime, a package that brought some is
 * not what was uploaded. */
static bool seal_wheels(struct sealing *s, struct gov_err *err)
{
    static const struct tree_bounds brought = { EXTRACT_FILES_MAX, EXTRACT_BYTES_MAX, 2 };
    int wheels = folder_of(s, "wheels"), runtime = folder_of(s, "runtime");
    bool ok = true;

    if (wheels >= 0) {
        ok = tree_walk(wheels, -1, "wheels", 0, &brought, &s->arena, &s->wheels, err);
        close(wheels);
    }
    s->runtime.there = runtime >= 0;
    if (runtime >= 0) {
        ok = ok && tree_copy(s, &s->runtime, runtime, err);
        close(runtime);
    }
    if (wheels >= 0 && runtime < 0 && s->findings.errors == 0)
        findings_add(&s->findings, "wheels_failed", "wheels", s->seal->failure ? s->seal->failure : "nothing came of them");
    return ok;
}

static bool seal_tree(struct sealing *s, int tree)
{
    struct gov_err err = { 0 };

    if (!tree_copy(s, &s->package, tree, &err) || !seal_wheels(s, &err))
        /* The jail's own checks did not see it, or it did not tell: refuse all the same. */
        findings_add(&s->findings, "unpack_failed", err.path, err.item[0] ? err.item : "cache");
    else {
        texts_read(s, tree);
        sources_read(s, tree);
    }
    /* The runtime first: a package that is there is one that can be run. */
    bool good = s->findings.errors == 0 && (!s->runtime.there || tree_publish(&s->runtime)) && tree_publish(&s->package);
    if (!good) {
        tree_drop(&s->runtime);
        tree_drop(&s->package);
    }
    return good;
}

bool seal_run(const struct seal *seal)
{
    struct sealing s = { .seal = seal, .package.cache = seal->packages, .runtime.cache = seal->wheels };
    int tree = folder_of(&s, "tree");
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
    package_cache_trim(seal->wheels, seal->cache_bytes, SPARE_S);
    findings_release(&s.findings);
    buf_release(&s.texts);
    buf_release(&s.sources);
    arena_release(&s.arena);
    return ok;
}
