/* shares_test.c - a tenant's share of a lane, and that few are named whatever their number. */
#include "scheduler/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

enum { LOOK_S = 5, MANY = 1000 };

struct fixture {
    struct metrics metrics;
    struct shares shares;
    int64_t now_us;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    shares_init(&f->shares, &f->metrics);
    f->now_us = 1000000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* A look at lane py: `first` slots of tenant `from`, one fewer of each that follows, `busy` in all. */
static void look(struct fixture *f, int from, int tenants, int first, int busy)
{
    json_t *held = json_object();
    char name[20];

    for (int i = 0; i < tenants; i++) {
        snprintf(name, sizeof name, "t_%016x", (unsigned)(from + i));
        json_object_set_new(held, name, json_integer(first - i > 1 ? first - i : 1));
    }
    json_t *lanes = json_pack("{s:{s:i, s:o}}", "py", "busy", busy, "held", held);
    shares_note(&f->shares, lanes, f->now_us);
    json_decref(lanes);
    f->now_us += LOOK_S * 1000000;
}

/* In thousandths; -1: it is not shown. */
static int shown(struct fixture *f, const char *tenant)
{
    struct buf out = { 0 };
    char line[80];
    double slots = -0.001;

    metrics_render(&f->metrics, &out);
    snprintf(line, sizeof line, "\nexecgov_tenant_busy_slots{lane=\"py\",tenant=\"%s\"} ", tenant);
    const char *found = strstr(buf_text(&out), line);
    if (found)
        slots = strtod(found + strlen(line), NULL);
    buf_release(&out);
    return (int)(slots * 1000 + (slots < 0 ? -0.5 : 0.5));
}

static int series(struct fixture *f)
{
    struct buf out = { 0 };
    int count = 0;

    metrics_render(&f->metrics, &out);
    for (const char *at = buf_text(&out); (at = strstr(at, "{lane=\"py\",tenant=")); at++)
        count++;
    buf_release(&out);
    return count;
}

#define FIRST "t_0000000000000001"
#define SECOND "t_0000000000000002"

static void a_share_is_what_was_held_on_average(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(series(f), 0); /* whoever does not lead says nothing */
    look(f, 1, 2, 4, 7);
    assert_int_equal(shown(f, FIRST), 4000);
    assert_int_equal(shown(f, SECOND), 3000);
    assert_int_equal(shown(f, "other"), 0);
    look(f, 2, 1, 3, 5); /* the first has ended, two of somebody else are not among the most */
    assert_int_equal(shown(f, FIRST), 2000);
    assert_int_equal(shown(f, SECOND), 3000);
    assert_int_equal(shown(f, "other"), 1000);
    look(f, 3, 1, 6, 6); /* somebody new had nothing before */
    assert_int_equal(shown(f, "t_0000000000000003"), 2000);
}

static void the_past_fades_and_who_has_gone_is_not_named(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 60; i++)
        look(f, 1, 1, 8, 8);
    assert_int_equal(shown(f, FIRST), 8000);
    for (int i = 0; i < 60; i++)
        look(f, 2, 1, 8, 8); /* five minutes later */
    assert_in_range(shown(f, FIRST), 2500, 3500);
    for (int i = 0; i < 400; i++)
        look(f, 2, 1, 8, 8);
    assert_int_equal(shown(f, FIRST), -1);
    assert_in_range(shown(f, SECOND), 7900, 8000);
}

static void at_most_ten_are_named_and_the_rest_is_other(void **state)
{
    struct fixture *f = *state;

    look(f, 1, 32, 32, 32 * 33 / 2 + 100);
    assert_int_equal(series(f), SHARES_NAMED + 1);
    assert_int_equal(shown(f, FIRST), 32000);
    assert_int_equal(shown(f, "t_000000000000000a"), 23000);
    assert_int_equal(shown(f, "t_000000000000000b"), -1);
    assert_int_equal(shown(f, "other"), (22 * 23 / 2 + 100) * 1000);
}

/* In turn, a few at a time: nobody has a hundredth of it, and Prometheus is not given a thousand names. */
static void a_thousand_in_turn_are_other(void **state)
{
    struct fixture *f = *state;

    for (int round = 0; round < 4; round++)
        for (int tenant = 0; tenant < MANY; tenant += 16)
            look(f, 1 + tenant, 16, 1, 16);
    assert_in_range(shown(f, "other"), 14000, 16000);
    int names = series(f);
    for (int tenant = 0; tenant < MANY; tenant += 16) {
        look(f, 1 + tenant, 16, 1, 16);
        names = series(f) > names ? series(f) : names;
    }
    assert_in_range(names, 1, SHARES_NAMED + 1);
}

/* Whoever has much comes to be named, however many there are. */
static void a_heavy_one_among_many_is_found(void **state)
{
    struct fixture *f = *state;
    json_t *lanes;

    for (int i = 0; i < 120; i++) {
        json_t *held = json_object();
        char name[20];
        json_object_set_new(held, FIRST, json_integer(12));
        for (int other = 0; other < 4; other++) {
            snprintf(name, sizeof name, "t_%016x", (unsigned)(100 + (4 * i + other) % MANY));
            json_object_set_new(held, name, json_integer(1));
        }
        lanes = json_pack("{s:{s:i, s:o}}", "py", "busy", 16, "held", held);
        shares_note(&f->shares, lanes, f->now_us);
        json_decref(lanes);
        f->now_us += LOOK_S * 1000000;
    }
    assert_int_equal(shown(f, FIRST), 12000);
}

static void who_leads_no_longer_shows_nothing_and_begins_anew(void **state)
{
    struct fixture *f = *state;

    look(f, 1, 1, 4, 4);
    shares_clear(&f->shares);
    assert_int_equal(series(f), 0);
    look(f, 2, 1, 2, 2);
    assert_int_equal(shown(f, SECOND), 2000);
    assert_int_equal(shown(f, FIRST), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_share_is_what_was_held_on_average),
        TEST(the_past_fades_and_who_has_gone_is_not_named),
        TEST(at_most_ten_are_named_and_the_rest_is_other),
        TEST(a_thousand_in_turn_are_other),
        TEST(a_heavy_one_among_many_is_found),
        TEST(who_leads_no_longer_shows_nothing_and_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
