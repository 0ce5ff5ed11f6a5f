/* identity.c - a table by the hash of the token; whoever comes to a place that is taken takes it. */
#include "api/identity.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

enum { PLACES = 1024, HASH_DIGITS = 8 };

struct kept {
    struct identity identity; /* first */
    struct arena arena;
    int users;                /* calls, and the table */
    int64_t read_us;          /* monotonic */
};

struct identities {
    struct kept *places[PLACES];
    unsigned epoch;
};

static void let_go(void *what)
{
    struct kept *k = what;

    if (!k || --k->users > 0)
        return;
    arena_release(&k->arena);
    free(k);
}

/* "\\x" and 64 hex digits. */
static struct kept **place_of(struct identities *identities, const char *token_hash)
{
    char digits[HASH_DIGITS + 1];

    memcpy(digits, token_hash + 2, HASH_DIGITS);
    digits[HASH_DIGITS] = 0;
    return &identities->places[strtoul(digits, NULL, 16) % PLACES];
}

struct identities *identities_new(void)
{
    struct identities *identities = calloc(1, sizeof *identities);
    CHECK(identities);
    return identities;
}

void identities_drop(struct identities *identities)
{
    identities->epoch++;
    for (int i = 0; i < PLACES; i++) {
        let_go(identities->places[i]);
        identities->places[i] = NULL;
    }
}

void identities_free(struct identities *identities)
{
    identities_drop(identities);
    free(identities);
}

unsigned identities_epoch(const struct identities *identities)
{
    return identities->epoch;
}

const struct identity *identity_find(struct identities *identities, const char *token_hash,
                                     struct arena *arena)
{
    struct kept *k = *place_of(identities, token_hash);

    if (!k || clock_mono_us() - k->read_us > (int64_t)IDENTITY_FRESH_MS * 1000 ||
        strcmp(k->identity.caller.token_hash, token_hash) != 0)
        return NULL;
    k->users++;
    arena_defer(arena, let_go, k);
    return &k->identity;
}

static const char *const *copy_list(struct arena *arena, const char *const *list)
{
    size_t count = 0;

    if (!list)
        return NULL;
    while (list[count])
        count++;
    const char **copy = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_text(arena, list[i]);
    return copy;
}

void identity_keep(struct identities *identities, unsigned epoch, const struct caller *caller,
                   const char *csrf_hash)
{
    struct kept **place = place_of(identities, caller->token_hash);

    if (epoch != identities->epoch)
        return;
    struct kept *k = calloc(1, sizeof *k);
    CHECK(k);
    arena_init(&k->arena);
    k->users = 1;
    k->read_us = clock_mono_us();
    struct caller *c = &k->identity.caller;
    *c = *caller;
    c->token_hash = arena_text(&k->arena, caller->token_hash);
    c->email = arena_text(&k->arena, caller->email);
    c->name = arena_text(&k->arena, caller->name);
    c->tenant_name = arena_text(&k->arena, caller->tenant_name);
    c->tenant_state = arena_text(&k->arena, caller->tenant_state);
    c->suspended_code = arena_text(&k->arena, caller->suspended_code);
    c->suspended_since = arena_text(&k->arena, caller->suspended_since);
    c->timezone = arena_text(&k->arena, caller->timezone);
    c->locale = arena_text(&k->arena, caller->locale);
    c->skills = copy_list(&k->arena, caller->skills);
    k->identity.csrf_hash = arena_text(&k->arena, csrf_hash);
    let_go(*place);
    *place = k;
}
