#include "core/model/job.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static const struct id job = { "0190b6a5-0000-7000-8000-000000000001" };

static void every_word_reads_back(void **state)
{
    (void)state;
#define ROUND_TRIP(type, first, count, name, parse)                                                \
    for (int v = (first); v < (count); v++) {                                                      \
        type got;                                                                                  \
        assert_true(parse(name((type)v), &got));                                                   \
        assert_int_equal(got, v);                                                                  \
    }
    ROUND_TRIP(enum job_kind, 0, JOB_KIND_COUNT, job_kind_name, job_kind_parse)
    ROUND_TRIP(enum job_lane, 0, LANE_COUNT, job_lane_name, job_lane_parse)
    ROUND_TRIP(enum job_class, 0, CLASS_COUNT, job_class_name, job_class_parse)
    enum job_class class;
    assert_false(job_class_parse("", &class));
    assert_false(job_class_parse(NULL, &class));
    assert_false(job_class_parse("Normal", &class));
}

static void only_runs_leave_the_control_lane(void **state)
{
    (void)state;
    assert_int_equal(job_lane_of(JOB_RUN, SKILL_PYTHON), LANE_PY);
    assert_int_equal(job_lane_of(JOB_RUN, SKILL_SHELL), LANE_SH);
    assert_int_equal(job_lane_of(JOB_RUN, SKILL_HTTP), LANE_HTTP);
    assert_int_equal(job_lane_of(JOB_RUN, SKILL_NOOP), LANE_NOOP);
    for (enum job_kind k = 0; k < JOB_KIND_COUNT; k++)
        if (k != JOB_RUN)
            assert_int_equal(job_lane_of(k, SKILL_PYTHON), LANE_CTL);
}

static void payload_reads_back_and_says_only_what_is_set(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct job_payload got, empty = { 0 };
    (void)state;
    arena_init(&arena);
    json_t *input = json_own(&arena, json_pack("{s:i}", "n", 1));
    json_t *files = json_own(&arena, json_pack("[s]", job.text));
    struct job_payload p = { .text = "报表",
                             .plan_only = true,
                             .language = "zh",
                             .timezone = "Asia/Shanghai",
                             .now_us = 5,
                             .files = files,
                             .callback_url = "https://h/",
                             .concurrency_key = "k",
                             .skill = "s",
                             .action = "run",
                             .version = 3,
                             .version_digest = "ab",
                             .input = input,
                             .provenance = files,
                             .confirmation = job,
                             .is_try = true,
                             .task = "check",
                             .arguments = input };
    json_t *json = job_payload_encode(&p, &arena);
    assert_int_equal(json_object_size(json), 18);
    json_object_set_new(json, "added_by_a_later_version", json_true());
    assert_true(job_payload_decode(json, &got, &err));
    assert_true(json_equal(job_payload_encode(&got, &arena), job_payload_encode(&p, &arena)));
    assert_string_equal(got.text, "报表");
    assert_int_equal(got.version, 3);
    assert_string_equal(got.confirmation.text, job.text);
    assert_int_equal(json_object_size(job_payload_encode(&empty, &arena)), 0);

    json_object_set_new(json, "version", json_string("3"));
    assert_false(job_payload_decode(json, &got, &err));
    assert_int_equal(err.code, GOV_INTERNAL);
    assert_false(job_payload_decode(files, &got, &err));
    arena_release(&arena);
}

static void backoff_doubles_up_to_its_cap_with_full_jitter(void **state)
{
    const struct job_retry defaults = { 0 };
    const struct job_retry own = { .base_ms = 10, .cap_ms = 35, .at_least_ms = 1000 };
    (void)state;
    /* The greatest random value modulo (n + 1) is n for the n used here when random = n. */
    for (int attempt = 1; attempt < 9; attempt++) {
        int64_t ceiling = 1000LL << (attempt - 1);
        assert_int_equal(job_backoff_ms(&defaults, attempt, 0), 0);
        assert_int_equal(job_backoff_ms(&defaults, attempt, (uint64_t)ceiling), ceiling);
        assert_int_equal(job_backoff_ms(&defaults, attempt, (uint64_t)ceiling + 1), 0);
    }
    assert_int_equal(job_backoff_ms(&defaults, 10, 300000), 300000);
    assert_int_equal(job_backoff_ms(&defaults, 10, 300001), 0);
    assert_true(job_backoff_ms(&defaults, INT64_MAX, UINT64_MAX) <= 300000);
    assert_int_equal(job_backoff_ms(&own, 3, 35), 1035);
    assert_int_equal(job_backoff_ms(&own, 0, 10), 1010);
    const struct job_retry wide = { .base_ms = INT64_MAX / 2,
                                    .cap_ms = INT64_MAX / 2,
                                    .at_least_ms = INT64_MAX };
    assert_true(job_backoff_ms(&wide, 99, UINT64_MAX) > 0);
    assert_int_equal(job_cost_unknown_ms(60000), 6000);
    assert_int_equal(job_cost_unknown_ms(1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_reads_back),
        cmocka_unit_test(only_runs_leave_the_control_lane),
        cmocka_unit_test(payload_reads_back_and_says_only_what_is_set),
        cmocka_unit_test(backoff_doubles_up_to_its_cap_with_full_jitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
