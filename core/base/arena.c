/* arena.c - a chain of blocks, each twice the last up to 64 KB.
 *
 * Requests of more than half a block get a block of their own behind the
 * current one, so that one large string does not waste the rest of a block.
 * Small blocks are kept for the next arena of the thread, zeroed as far as they
 * were used: an op has several, and malloc was a fifth of what a request cost.
 * Under AddressSanitizer nothing is kept, so that it sees what is used too late.
 */
#include "core/base/arena.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

enum { BLOCK_BYTES_FIRST = 2048, BLOCK_BYTES_MAX = 64 * 1024, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char data[];
};

enum { KEPT_SIZES = 4, KEPT_EACH = 64 }; /* 2, 4, 8 and 16 KB; at most 2 MB a thread */

#ifdef __SANITIZE_ADDRESS__
static const bool keeps_blocks = false;
#else
static const bool keeps_blocks = true;
#endif

static _Thread_local struct {
    struct arena_block *blocks;
    int count;
} kept[KEPT_SIZES];

/* Which of the kept sizes; KEPT_SIZES: none. */
static int size_index(size_t size)
{
    for (int i = 0; i < KEPT_SIZES; i++)
        if (size == (size_t)BLOCK_BYTES_FIRST << i)
            return i;
    return KEPT_SIZES;
}

struct arena_deferred {
    struct arena_deferred *next;
    void (*release)(void *what);
    void *what;
};

static void block_free(struct arena_block *block)
{
    int i = size_index(block->size);

    if (!keeps_blocks || i == KEPT_SIZES || kept[i].count == KEPT_EACH) {
        free(block);
        return;
    }
    memset(block->data, 0, block->used);
    block->used = 0;
    block->next = kept[i].blocks;
    kept[i].blocks = block;
    kept[i].count++;
}

void arena_trim(void)
{
    for (int i = 0; i < KEPT_SIZES; i++) {
        while (kept[i].blocks) {
            struct arena_block *block = kept[i].blocks;
            kept[i].blocks = block->next;
            free(block);
        }
        kept[i].count = 0;
    }
    malloc_trim(0);
}

void arena_init(struct arena *arena)
{
    memset(arena, 0, sizeof *arena);
}

void arena_release(struct arena *arena)
{
    while (arena->deferred) {
        struct arena_deferred *d = arena->deferred;
        arena->deferred = d->next;
        d->release(d->what);
    }
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        block_free(block);
    }
    arena->bytes = 0;
}

static struct arena_block *block_new(size_t size)
{
    int i = size_index(size);
    struct arena_block *block;

    if (i < KEPT_SIZES && kept[i].blocks) {
        block = kept[i].blocks;
        kept[i].blocks = block->next;
        kept[i].count--;
        block->next = NULL;
        return block;
    }
    block = calloc(1, sizeof *block + size);
    CHECK(block);
    block->size = size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    CHECK(bytes < SIZE_MAX / 2);
    size_t rounded = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct arena_block *head = arena->blocks;

    arena->bytes += rounded;
    if (head && head->size - head->used >= rounded) {
        void *p = head->data + head->used;
        head->used += rounded;
        return p;
    }
    size_t next_size = head ? head->size * 2 : BLOCK_BYTES_FIRST;
    if (next_size > BLOCK_BYTES_MAX)
        next_size = BLOCK_BYTES_MAX;
    if (rounded > next_size / 2) {
        struct arena_block *own = block_new(rounded);
        own->used = rounded;
        if (head) {
            own->next = head->next;
            head->next = own;
        } else {
            arena->blocks = own;
        }
        return own->data;
    }
    struct arena_block *block = block_new(next_size);
    block->used = rounded;
    block->next = head;
    arena->blocks = block;
    return block->data;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t bytes)
{
    size_t total;
    CHECK(!__builtin_mul_overflow(count, bytes, &total));
    return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, const void *data, size_t bytes)
{
    char *copy = arena_alloc(arena, bytes + 1);
    if (bytes)
        memcpy(copy, data, bytes);
    copy[bytes] = 0;
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_vformat(struct arena *arena, const char *format, va_list args)
{
    char first[200]; /* most are shorter, and are formatted once */
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(first, sizeof first, format, again);
    va_end(again);
    CHECK(length >= 0);
    if ((size_t)length < sizeof first)
        return arena_copy(arena, first, (size_t)length);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vformat(arena, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *what), void *what)
{
    struct arena_deferred *d = ARENA_NEW(arena, struct arena_deferred);
    d->release = release;
    d->what = what;
    d->next = arena->deferred;
    arena->deferred = d;
}
