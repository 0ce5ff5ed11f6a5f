/* tenant_cache.c - open addressing over the schema's random digits; the oldest of eight places gives way. */
#include "core/store/tenant_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { ENTRIES = 4096, PROBES = 8, FRESH_MS = 60000 };

struct entry {
    struct tenant_info info;
    int64_t read_us; /* monotonic; 0: empty */
};

struct tenant_cache {
    struct db *db;
    struct entry entries[ENTRIES];
};

/* One miss: an op of its own, so that rows and info outlive nothing they should not. */
struct lookup {
    struct op op;
    struct tenant_cache *cache;
    const char *schema;
    struct tenant_info *info;
    struct db_rows rows;
};

struct tenant_cache *tenant_cache_new(struct db *db)
{
    struct tenant_cache *cache = calloc(1, sizeof *cache);
    CHECK(cache);
    cache->db = db;
    return cache;
}

void tenant_cache_free(struct tenant_cache *cache)
{
    free(cache);
}

static struct entry *entry_of(struct tenant_cache *cache, const char *schema)
{
    size_t at = (size_t)strtoull(schema + 2, NULL, 16);
    struct entry *oldest = NULL;

    for (int i = 0; i < PROBES; i++) {
        struct entry *e = &cache->entries[(at + (size_t)i) % ENTRIES];
        if (strcmp(e->info.scope.schema, schema) == 0)
            return e;
        if (!oldest || e->read_us < oldest->read_us)
            oldest = e;
    }
    oldest->read_us = 0;
    return oldest;
}

static enum op_next query(struct op *op)
{
    struct lookup *l = (struct lookup *)op;
    DB_QUERY(op, l->cache->db, &DB_PUBLIC, SQL_QUERIES_TENANT_BY_SCHEMA, &l->rows, l->schema);
    return OP_WAIT;
}

static enum op_next keep(struct op *op)
{
    struct lookup *l = (struct lookup *)op;
    const struct db_rows *r = &l->rows;
    struct tenant_info *info = l->info;

    memset(info, 0, sizeof *info);
    if (r->count == 0)
        return OP_DONE;
    info->known = true;
    info->id = db_id(r, 0, 0);
    info->scope = db_scope_tenant(l->schema, (int)db_int(r, 0, 1));
    info->active = strcmp(db_text(r, 0, 3), "active") == 0;
    snprintf(info->timezone, sizeof info->timezone, "%s", db_text(r, 0, 4));
    snprintf(info->locale, sizeof info->locale, "%s", db_text(r, 0, 5));
    info->weight = db_int(r, 0, 6);
    info->concurrency_limit = db_int(r, 0, 7);
    info->paused = db_bool(r, 0, 8);
    struct entry *e = entry_of(l->cache, l->schema);
    e->info = *info;
    e->read_us = clock_mono_us();
    return OP_DONE;
}

static const struct op_step steps[] = { { "query", query }, { "keep", keep }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

void tenant_cache_get(struct op *op, struct tenant_cache *cache, const char *schema,
                      struct tenant_info *info)
{
    CHECK(strlen(schema) == 18);
    struct entry *e = entry_of(cache, schema);
    if (e->read_us && clock_mono_us() - e->read_us < (int64_t)FRESH_MS * 1000) {
        *info = e->info;
        return;
    }
    struct lookup *l = ARENA_NEW(&op->arena, struct lookup);
    op_init(&l->op, "tenant_cache", steps, op->loop, NULL);
    l->cache = cache;
    l->schema = arena_text(&op->arena, schema);
    l->info = info;
    arena_defer(&op->arena, release, &l->op);
    op_call(op, &l->op);
}
