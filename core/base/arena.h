/* arena.h - memory that lives as long as the work it serves.
 *
 * Everything an op, a request or a scan allocates comes from its arena and
 * goes with it; foreign things (PGresult, json_t, fd) are registered with
 * arena_defer() the moment they are obtained and released in reverse order.
 * Allocation cannot fail: running out of memory aborts (see check.h), because
 * every size that comes from outside has been limited before it gets here.
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena_deferred;

struct arena {
    struct arena_block *blocks;       /* newest first */
    struct arena_deferred *deferred;  /* newest first */
    size_t bytes;                     /* handed out so far */
};

void arena_init(struct arena *arena);
/* Run the deferred calls, newest first, and free everything. The arena can be used again. */
void arena_release(struct arena *arena);
/* Give back to the system what was kept for the next arenas of this thread, and what malloc keeps: for a
 * process that has gone quiet after work. */
void arena_trim(void);

/* Zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t bytes);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))
void *arena_alloc_array(struct arena *arena, size_t count, size_t bytes);

char *arena_copy(struct arena *arena, const void *data, size_t bytes); /* plus a NUL */
char *arena_text(struct arena *arena, const char *text);               /* NULL stays NULL */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Call release(what) when the arena is released. */
void arena_defer(struct arena *arena, void (*release)(void *what), void *what);

#endif
