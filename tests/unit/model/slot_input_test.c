#include "core/model/slot_input.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct gov_err err;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

/* `text` filled in for a slot in Berlin; NULL: f->err says why. */
static const char *filled(struct fixture *f, const char *slot, const char *text)
{
    int64_t us;
    json_t *input = json_parse(&f->arena, text, strlen(text), &f->err);

    assert_non_null(input);
    assert_true(clock_parse(slot, &us));
    const json_t *out = slot_input(input, "/input", us / 1000000,
                                   zone_read("Europe/Berlin", &f->arena), &f->arena, &f->err);
    return out ? json_text(&f->arena, out) : NULL;
}

static void values_are_computed_from_the_slot_in_its_zone(void **state)
{
    static const struct {
        const char *slot, *input, *expected;
    } cases[] = {
        { "2026-03-31T22:30:00Z", "{\"m\":{\"$fire\":\"-1 month\",\"format\":\"%Y-%m\"}}", "{\"m\":\"2026-03\"}" },
        { "2026-03-31T12:00:00Z", "{\"d\":{\"$fire\":\"-1 month\"}}", "{\"d\":\"2026-02-28\"}" },
        { "2026-03-31T12:00:00Z", "{\"d\":{\"$fire\":\"\",\"format\":\"%FT%T%z\"}}", "{\"d\":\"2026-03-31T14:00:00+0200\"}" },
        { "2026-11-26T12:00:00Z", "[{\"$fire\":\"start of month -1 day\"},{\"$fire\":\"end of week\"}]",
          "[\"2026-10-31\",\"2026-11-29\"]" },
        { "2027-01-02T12:00:00Z", "{\"w\":{\"$fire\":\"+0 days\",\"format\":\"%G-W%V-%u %j %y%%\"}}",
          "{\"w\":\"2026-W53-6 002 27%\"}" },
        { "2026-11-26T12:00:00Z", "{\"a\":{\"b\":[1,{\"$fire\":\"-90 minutes\",\"format\":\"%H:%M\"}]},\"c\":null}",
          "{\"a\":{\"b\":[1,\"11:30\"]},\"c\":null}" },
        { "2026-11-26T12:00:00Z", "{\"plain\":{\"fire\":1}}", "{\"plain\":{\"fire\":1}}" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = filled(f, cases[i].slot, cases[i].input);
        if (!got)
            fail_msg("%s: %s", cases[i].input, f->err.en);
        assert_string_equal(got, cases[i].expected);
    }
}

static void a_bad_computation_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *input, *path;
    } cases[] = {
        { "{\"a\":{\"$fire\":\"last month\"}}", "/input/a/$fire" },
        { "{\"a\":[{\"$fire\":\"-1 fortnight\"}]}", "/input/a/0/$fire" },
        { "{\"a\":{\"$fire\":\"-999999 years\"}}", "/input/a/$fire" },
        { "{\"a\":{\"$fire\":\"-90000 years\"}}", "/input/a/$fire" },
        { "{\"a\":{\"$fire\":\"end of hour\"}}", "/input/a/$fire" },
        { "{\"a\":{\"$fire\":\"\",\"format\":\"%Q\"}}", "/input/a/format" },
        { "{\"a\":{\"$fire\":\"\",\"format\":\"%\"}}", "/input/a/format" },
        { "{\"a\":{\"$fire\":1}}", "/input/a" },
        { "{\"a\":{\"$fire\":\"\",\"zone\":\"UTC\"}}", "/input/a" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = filled(f, "2026-11-26T12:00:00Z", cases[i].input);
        if (got)
            fail_msg("%s became %s", cases[i].input, got);
        assert_string_equal(f->err.path, cases[i].path);
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_computed_from_the_slot_in_its_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_computation_is_refused_with_its_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
