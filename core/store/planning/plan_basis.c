/* plan_basis.c - a table by the hash of the key; whoever comes to a place that is taken takes it. Where the memory is
 * used up a hand goes round the places and clears what it meets: what is in use is soon read again. */
#include "core/store/planning/plan_basis.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/text.h"

enum { PLACES = 4096, BYTES_MAX = 24 * 1024 * 1024, PARSED_FACTOR = 6 };

static void release_result(void *result)
{
    PQclear(result);
}

static void take_apart(struct plan_basis *basis)
{
    struct arena *arena = &basis->arena;
    const struct db_rows *r = &basis->rows;
    const char *manifest = db_text(r, 0, BASIS_MANIFEST);

    basis->revision = db_int(r, 0, BASIS_REVISION);
    if (manifest)
        skill_manifest_view(db_json(r, 0, BASIS_MANIFEST, arena), &basis->manifest, arena,
                            &basis->manifest_err);
    basis->schemas = ARENA_ARRAY(arena, const struct schema *, basis->manifest.action_count + 1);
    basis->bindings = db_json(r, 0, BASIS_BINDINGS, arena);
    basis->tenant = db_json(r, 0, BASIS_TENANT, arena);
    basis->settings = confirmation_settings_read(db_json(r, 0, BASIS_CONFIRMATION, arena));
    basis->members = db_json(r, 0, BASIS_MEMBERS, arena);
    basis->bytes += PARSED_FACTOR * (manifest ? strlen(manifest) : 0);
}

struct plan_basis *plan_basis_new(const struct db_rows *rows)
{
    struct plan_basis *basis = calloc(1, sizeof *basis);
    CHECK(basis);
    arena_init(&basis->arena);
    basis->users = 1;
    basis->rows = *rows;
    PGresult *copy = PQcopyResult(rows->result, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
    CHECK(copy);
    basis->rows.result = copy;
    arena_defer(&basis->arena, release_result, copy);
    basis->bytes = sizeof *basis + PQresultMemorySize(copy); /* also of what does not exist */
    if (rows->count)
        take_apart(basis);
    return basis;
}

void plan_basis_hold(struct plan_basis *basis)
{
    basis->users++;
}

void plan_basis_let_go(void *what)
{
    struct plan_basis *basis = what;

    if (!basis || --basis->users > 0)
        return;
    arena_release(&basis->arena);
    free(basis);
}

const struct schema *plan_basis_schema(struct plan_basis *basis, const struct skill_action *action,
                                       struct gov_err *err)
{
    size_t i = (size_t)(action - basis->manifest.actions);

    if (!basis->schemas[i])
        basis->schemas[i] = schema_compile(action->input, &basis->arena, err);
    return basis->schemas[i];
}

/* --- what a process keeps --- */

struct place {
    struct plan_basis_key key;
    struct plan_basis *basis;
    int64_t read_us; /* monotonic */
};

struct plan_bases {
    struct place places[PLACES];
    size_t bytes;
    unsigned epoch;
    int hand;
};

static struct place *place_of(struct plan_bases *bases, const struct plan_basis_key *key)
{
    uint64_t hash = text_hash(TEXT_HASH ^ (uint64_t)key->version, key->schema);

    hash = text_hash(text_hash(hash, key->skill), key->requester.text);
    return &bases->places[hash % PLACES];
}

static bool same(const struct plan_basis_key *a, const struct plan_basis_key *b)
{
    return strcmp(a->schema, b->schema) == 0 && strcmp(a->skill, b->skill) == 0 &&
           a->version == b->version && strcmp(a->requester.text, b->requester.text) == 0;
}

static void clear(struct plan_bases *bases, struct place *place)
{
    if (!place->basis)
        return;
    bases->bytes -= place->basis->bytes;
    plan_basis_let_go(place->basis);
    place->basis = NULL;
}

struct plan_bases *plan_bases_new(void)
{
    struct plan_bases *bases = calloc(1, sizeof *bases);
    CHECK(bases);
    return bases;
}

void plan_bases_drop(struct plan_bases *bases)
{
    bases->epoch++;
    for (int i = 0; i < PLACES; i++)
        clear(bases, &bases->places[i]);
}

void plan_bases_free(struct plan_bases *bases)
{
    plan_bases_drop(bases);
    free(bases);
}

unsigned plan_bases_epoch(const struct plan_bases *bases)
{
    return bases->epoch;
}

struct plan_basis *plan_bases_find(struct plan_bases *bases, const struct plan_basis_key *key)
{
    struct place *place = place_of(bases, key);

    if (!place->basis || !same(&place->key, key) ||
        clock_mono_us() - place->read_us > (int64_t)PLAN_BASIS_FRESH_MS * 1000)
        return NULL;
    plan_basis_hold(place->basis);
    return place->basis;
}

void plan_bases_keep(struct plan_bases *bases, const struct plan_basis_key *key, unsigned epoch,
                     struct plan_basis *basis)
{
    struct place *place = place_of(bases, key);

    if (epoch != bases->epoch || basis->bytes > BYTES_MAX / 8)
        return;
    clear(bases, place);
    while (bases->bytes + basis->bytes > BYTES_MAX) {
        clear(bases, &bases->places[bases->hand]);
        bases->hand = (bases->hand + 1) % PLACES;
    }
    plan_basis_hold(basis);
    place->key = *key;
    place->basis = basis;
    place->read_us = clock_mono_us();
    bases->bytes += basis->bytes;
}
