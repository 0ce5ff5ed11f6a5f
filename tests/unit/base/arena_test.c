#include "core/base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena arena;
    unsigned char *parts[200];
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < 200; i++) {
        size_t bytes = i * 37 % 500;
        parts[i] = arena_alloc(&arena, bytes);
        assert_int_equal((uintptr_t)parts[i] % alignof(max_align_t), 0);
        for (size_t b = 0; b < bytes; b++)
            assert_int_equal(parts[i][b], 0);
        memset(parts[i], (int)i, bytes);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t b = 0; b < i * 37 % 500; b++)
            assert_int_equal(parts[i][b], (unsigned char)i);
    arena_release(&arena);
}

/* What a trim gave back is made anew, zeroed; what is in use is not touched. */
static void a_trim_leaves_what_is_in_use(void **state)
{
    struct arena used, gone;
    (void)state;
    arena_init(&used);
    char *text = arena_text(&used, "kept");
    for (int i = 0; i < 100; i++) {
        arena_init(&gone);
        memset(arena_alloc(&gone, 1500), 7, 1500);
        arena_release(&gone);
        arena_trim();
    }
    assert_string_equal(text, "kept");
    arena_init(&gone);
    const char *fresh = arena_alloc(&gone, 1500);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(fresh[i], 0);
    arena_release(&gone);
    arena_release(&used);
}

static void a_large_piece_does_not_waste_the_block(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    char *before = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 1000000);
    char *after = arena_alloc(&arena, 16);
    large[0] = large[999999] = 1;
    assert_ptr_equal(after, before + 16);
    assert_true(arena.bytes >= 1000032 && arena.bytes < 1000200);
    arena_release(&arena);
    assert_int_equal(arena.bytes, 0);
    assert_null(arena.blocks);
}

static void texts_are_copied_and_formatted(void **state)
{
    struct arena arena;
    char source[] = "ab\0cd";
    (void)state;
    arena_init(&arena);
    char *copy = arena_copy(&arena, source, 5);
    char *text = arena_text(&arena, source);
    memset(source, 'x', 5);
    assert_memory_equal(copy, "ab\0cd", 6);
    assert_string_equal(text, "ab");
    assert_null(arena_text(&arena, NULL));
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    assert_string_equal(arena_format(&arena, "%s-%d-%s", "中", 7, ""), "中-7-");
    assert_int_equal(strlen(arena_format(&arena, "%5000d", 1)), 5000);
    arena_release(&arena);
}

struct note {
    char *log;
    char mark;
};

static void leave_mark(void *what)
{
    const struct note *note = what;
    size_t length = strlen(note->log);
    note->log[length] = note->mark;
    note->log[length + 1] = 0;
}

static void what_was_deferred_runs_newest_first_and_once(void **state)
{
    char log[8] = "";
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (char mark = 'a'; mark <= 'c'; mark++) {
        /* In the arena itself: it must still be there when the call runs. */
        struct note *note = ARENA_NEW(&arena, struct note);
        *note = (struct note){ log, mark };
        arena_defer(&arena, leave_mark, note);
    }
    arena_release(&arena);
    assert_string_equal(log, "cba");
    arena_release(&arena);
    assert_string_equal(log, "cba");
    assert_non_null(arena_alloc(&arena, 0)); /* it can be used again */
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(a_trim_leaves_what_is_in_use),
        cmocka_unit_test(a_large_piece_does_not_waste_the_block),
        cmocka_unit_test(texts_are_copied_and_formatted),
        cmocka_unit_test(what_was_deferred_runs_newest_first_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
