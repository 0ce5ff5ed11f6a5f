#include "core/io/db/db_prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

void db_prepared_init(struct db_prepared *prepared)
{
    memset(prepared, 0, sizeof *prepared);
    list_init(&prepared->used);
}

void db_prepared_release(struct db_prepared *prepared)
{
    free(prepared->entries);
    db_prepared_init(prepared);
}

static struct db_prepared_entry *find(struct db_prepared *prepared, int query, const char *schema)
{
    for (struct list *item = prepared->used.next; item != &prepared->used; item = item->next) {
        struct db_prepared_entry *e = LIST_ITEM(item, struct db_prepared_entry, link);
        if (e->query == query && strcmp(e->schema, schema) == 0)
            return e;
    }
    return NULL;
}

static struct db_prepared_entry *add(struct db_prepared *prepared)
{
    struct db_prepared_entry *e;

    if (!prepared->entries) {
        prepared->entries = calloc(DB_PREPARED_MAX, sizeof *prepared->entries);
        CHECK(prepared->entries);
    }
    if (prepared->count < DB_PREPARED_MAX)
        return &prepared->entries[prepared->count++];
    e = LIST_ITEM(prepared->used.previous, struct db_prepared_entry, link);
    list_remove(&e->link);
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
        e = add(prepared);
    list_init(&e->link);
    list_append(prepared->used.next, &e->link); /* before what is first */
    if (!known) {
        snprintf(dropped, DB_PREPARED_NAME_BYTES, "%s", e->name);
        e->query = query;
        snprintf(e->schema, sizeof e->schema, "%s", schema);
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
