#include "core/io/db/db_prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

enum { BUCKETS = 2 * DB_PREPARED_MAX };

void db_prepared_init(struct db_prepared *prepared)
{
    memset(prepared, 0, sizeof *prepared);
    list_init(&prepared->used);
}

void db_prepared_release(struct db_prepared *prepared)
{
    free(prepared->entries);
    free(prepared->buckets);
    db_prepared_init(prepared);
}

static struct db_prepared_entry **bucket_of(struct db_prepared *prepared, int query, const char *schema)
{
    return &prepared->buckets[text_hash(TEXT_HASH ^ (unsigned)query, schema) % BUCKETS];
}

static struct db_prepared_entry *find(struct db_prepared *prepared, int query, const char *schema)
{
    struct db_prepared_entry *e = prepared->buckets ? *bucket_of(prepared, query, schema) : NULL;

    while (e && (e->query != query || strcmp(e->schema, schema) != 0))
        e = e->next;
    return e;
}

static void take_out(struct db_prepared *prepared, struct db_prepared_entry *entry)
{
    struct db_prepared_entry **at = bucket_of(prepared, entry->query, entry->schema);

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    list_remove(&entry->link);
}

/* An entry for it, which may have been another's and then still has that one's name. */
static struct db_prepared_entry *add(struct db_prepared *prepared, int query, const char *schema)
{
    struct db_prepared_entry *e;

    if (!prepared->entries) {
        prepared->entries = calloc(DB_PREPARED_MAX, sizeof *prepared->entries);
        prepared->buckets = calloc(BUCKETS, sizeof *prepared->buckets);
        CHECK(prepared->entries && prepared->buckets);
    }
    if (prepared->count < DB_PREPARED_MAX) {
        e = &prepared->entries[prepared->count++];
    } else {
        e = LIST_ITEM(prepared->used.previous, struct db_prepared_entry, link);
        take_out(prepared, e);
    }
    e->query = query;
    snprintf(e->schema, sizeof e->schema, "%s", schema);
    struct db_prepared_entry **bucket = bucket_of(prepared, query, schema);
    e->next = *bucket;
    *bucket = e;
    return e;
}

enum db_prepared_state db_prepared_use(struct db_prepared *prepared, int query, const char *schema,
                                       char name[DB_PREPARED_NAME_BYTES],
                                       char dropped[DB_PREPARED_NAME_BYTES])
{
    struct db_prepared_entry *e = find(prepared, query, schema);
    bool known = e != NULL, ready = e && *e->name;

    *name = *dropped = 0;
    if (known)
        list_remove(&e->link);
    else
        e = add(prepared, query, schema);
    list_init(&e->link);
    list_append(prepared->used.next, &e->link); /* before what is first */
    if (!known) {
        snprintf(dropped, DB_PREPARED_NAME_BYTES, "%s", e->name);
        *e->name = 0;
        return DB_PREPARED_NOT;
    }
    if (!ready)
        snprintf(e->name, sizeof e->name, "q%u", ++prepared->made);
    snprintf(name, DB_PREPARED_NAME_BYTES, "%s", e->name);
    return ready ? DB_PREPARED_READY : DB_PREPARED_NOW;
}

void db_prepared_forget(struct db_prepared *prepared, int query, const char *schema)
{
    struct db_prepared_entry *e = find(prepared, query, schema);
    if (e)
        *e->name = 0;
}
