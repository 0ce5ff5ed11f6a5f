/* wheels_runtime.c - a list of those in use; one mount more than their base has.
 *
 * The tree is shown where Debian's Python looks before the distribution's packages, so that a wheel
 * comes before the platform's module of the same name, and nothing in the environment has to say so.
 */
#include "worker/sandbox/daemon/wheels_runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "worker/sandbox/store/package_cache.h"

struct wheels_runtime {
    struct wheels_runtime *next;
    struct runtime runtime;
    const struct runtime *base;
    int lock; /* keeps the tree in the cache */
    int users;
};

/* "usr/local/lib/python3.11/dist-packages" from the base's "usr/lib/python3.11". */
static bool place_of(const struct runtime *base, char place[64])
{
    for (int i = 0; i < base->mount_count; i++) {
        const char *target = base->mounts[i].target;
        if (text_starts(target, "usr/lib/python3.") && !strchr(target + strlen("usr/lib/"), '/'))
            return snprintf(place, 64, "usr/local/lib/%s/dist-packages", target + strlen("usr/lib/")) < 64;
    }
    return false;
}

static struct wheels_runtime *find(struct host *h, const struct runtime *base, const uint8_t *digest)
{
    struct wheels_runtime *w = h->wheels_runtimes;

    while (w && (w->base != base || memcmp(w->runtime.digest, digest, TREE_DIGEST_BYTES) != 0))
        w = w->next;
    return w;
}

static struct wheels_runtime *make(struct host *h, const struct runtime *base, const uint8_t *digest,
                                   struct gov_err *err)
{
    char hex[TREE_HEX_BYTES];
    int lock = package_cache_hold(h->wheels, digest);

    tree_hex(digest, hex);
    if (lock < 0) {
        gov_fail(err, GOV_NOT_FOUND, "the runtime %.12s is not in the sandbox's cache", "沙箱缓存中没有运行时 %.12s", hex);
        return NULL;
    }
    struct wheels_runtime *w = calloc(1, sizeof *w);
    CHECK(w && base->mount_count < RUNTIME_MOUNTS_MAX);
    w->runtime = *base;
    w->base = base;
    w->lock = lock;
    memcpy(w->runtime.digest, digest, TREE_DIGEST_BYTES);
    struct runtime_mount *m = &w->runtime.mounts[w->runtime.mount_count++];
    *m = (struct runtime_mount){ .brought = true };
    snprintf(m->source, sizeof m->source, "%.300s/wheels/%s/tree", h->options.cache_path, hex);
    CHECK(place_of(base, m->target));
    w->next = h->wheels_runtimes;
    h->wheels_runtimes = w;
    return w;
}

const struct runtime *wheels_runtime_take(struct host *h, const struct runtime *base,
                                          const uint8_t digest[TREE_DIGEST_BYTES], struct gov_err *err)
{
    static const uint8_t none[TREE_DIGEST_BYTES];

    if (memcmp(digest, none, sizeof none) == 0)
        return base;
    struct wheels_runtime *w = find(h, base, digest);
    if (w)
        package_cache_touch(h->wheels, digest);
    else
        w = make(h, base, digest, err);
    if (!w)
        return NULL;
    w->users++;
    return &w->runtime;
}

void wheels_runtime_keep(struct host *h, const struct runtime *runtime)
{
    for (struct wheels_runtime *w = h->wheels_runtimes; w; w = w->next)
        w->users += &w->runtime == runtime;
}

const char *wheels_runtime_place(const struct runtime *runtime)
{
    for (int i = 0; i < runtime->mount_count; i++)
        if (runtime->mounts[i].brought)
            return runtime->mounts[i].target;
    return "";
}

void wheels_runtime_let_go(struct host *h, const struct runtime *runtime)
{
    for (struct wheels_runtime **at = &h->wheels_runtimes, *w; (w = *at); at = &w->next) {
        if (&w->runtime != runtime)
            continue;
        if (--w->users > 0)
            return;
        *at = w->next;
        close(w->lock);
        free(w);
        return;
    }
}
