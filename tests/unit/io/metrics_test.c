#include "core/io/metrics.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static void counters_and_gauges_have_their_head_once(void **state)
{
    struct metric a = { "x_total", "Help.", "kind=\"a\"", METRIC_COUNTER, 3 };
    struct metric g = { "y", "Other.", NULL, METRIC_GAUGE, -2 };
    struct metric b = { "x_total", "Help.", "kind=\"b\"", METRIC_COUNTER, 9000000000 };
    struct metric last = { "z", "Last.", NULL, METRIC_GAUGE, 1 };
    struct metrics all = { 0 };
    struct buf out = { 0 };

    (void)state;
    metrics_add(&all, &a);
    metrics_add(&all, &g);
    metrics_add(&all, &b); /* later, and yet beside its like */
    metrics_add(&all, &last);
    metrics_render(&all, &out);
    assert_string_equal(buf_text(&out), "# HELP x_total Help.\n# TYPE x_total counter\n"
                                        "x_total{kind=\"a\"} 3\nx_total{kind=\"b\"} 9000000000\n"
                                        "# HELP y Other.\n# TYPE y gauge\ny -2\n"
                                        "# HELP z Last.\n# TYPE z gauge\nz 1\n");
    buf_release(&out);
}

static void labels_may_change_and_what_has_none_now_is_not_shown(void **state)
{
    char first[20] = "tenant=\"a\"", second[20] = "";
    struct metric a = { "s", "Slots.", first, METRIC_GAUGE_MILLI, 1250 };
    struct metric b = { "s", "Slots.", second, METRIC_GAUGE_MILLI, 7 };
    struct metrics all = { 0 };
    struct buf out = { 0 };

    (void)state;
    metrics_add(&all, &a);
    metrics_add(&all, &b);
    metrics_render(&all, &out);
    assert_string_equal(buf_text(&out), "# HELP s Slots.\n# TYPE s gauge\ns{tenant=\"a\"} 1.250\n");
    out.length = 0;
    first[0] = 0;
    snprintf(second, sizeof second, "tenant=\"b\"");
    metrics_render(&all, &out);
    assert_string_equal(buf_text(&out), "# HELP s Slots.\n# TYPE s gauge\ns{tenant=\"b\"} 0.007\n");
    buf_release(&out);
}

static void a_histogram_counts_up_to_and_with_each_bound(void **state)
{
    struct metric h = { "t_seconds", "T.", "l=\"x\"", METRIC_HISTOGRAM };
    struct metrics all = { 0 };
    struct buf out = { 0 };

    (void)state;
    metrics_add(&all, &h);
    metric_observe_us(&h, 500);     /* on a bound: inside */
    metric_observe_us(&h, 501);
    metric_observe_us(&h, 60000000);
    metric_observe_us(&h, 60000001);
    metrics_render(&all, &out);
    assert_non_null(strstr(out.data, "t_seconds_bucket{l=\"x\",le=\"0.0005\"} 1\n"));
    assert_non_null(strstr(out.data, "t_seconds_bucket{l=\"x\",le=\"0.001\"} 2\n"));
    assert_non_null(strstr(out.data, "t_seconds_bucket{l=\"x\",le=\"15\"} 2\n"));
    assert_non_null(strstr(out.data, "t_seconds_bucket{l=\"x\",le=\"60\"} 3\n"));
    assert_non_null(strstr(out.data, "t_seconds_bucket{l=\"x\",le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(out.data, "t_seconds_sum{l=\"x\"} 120.001002\n"));
    assert_non_null(strstr(out.data, "t_seconds_count{l=\"x\"} 4\n"));
    buf_release(&out);
}

/* A rate is the difference of two sums: no digit may be lost in a process that runs for weeks. */
static void a_sum_keeps_its_digits(void **state)
{
    struct metric h = { "t_seconds", "T.", NULL, METRIC_HISTOGRAM, .sum_us = 12345678901234 };
    struct metrics all = { 0 };
    struct buf out = { 0 };

    (void)state;
    metrics_add(&all, &h);
    metrics_render(&all, &out);
    assert_non_null(strstr(out.data, "t_seconds_sum 12345678.901234\n"));
    assert_non_null(strstr(out.data, "t_seconds_bucket{le=\"0.0005\"} 0\n"));
    buf_release(&out);
}

static void collect(void *context)
{
    ((struct metric *)context)->value = 42;
}

static void gauges_are_filled_before_they_are_shown(void **state)
{
    struct metric g = { "g", "G.", NULL, METRIC_GAUGE };
    struct metrics all = { .collect = collect, .context = &g };
    struct buf out = { 0 };

    (void)state;
    metrics_add(&all, &g);
    metrics_render(&all, &out);
    assert_non_null(strstr(out.data, "\ng 42\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_gauges_have_their_head_once),
        cmocka_unit_test(labels_may_change_and_what_has_none_now_is_not_shown),
        cmocka_unit_test(a_histogram_counts_up_to_and_with_each_bound),
        cmocka_unit_test(a_sum_keeps_its_digits),
        cmocka_unit_test(gauges_are_filled_before_they_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
