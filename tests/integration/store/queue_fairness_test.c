/* Whose turn it is. Simulations in virtual time: see tests/lib/queue_sim.h. */
#include "tests/lib/queue_sim.h"
#include "tests/lib/test.h"

static struct queue_rig rig;
static struct queue_sim sim;

static int reset(void **state)
{
    *state = &rig;
    rig_reset(&rig);
    return 0;
}

static void weigh(int tenant, const char *weight)
{
    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|%s|0|0", rig_tenant(tenant), weight);
}

#define assert_share(tenant, least, most)                                                          \
    do {                                                                                           \
        double share = sim_share(&sim, tenant);                                                    \
        if (share < (least) || share > (most))                                                     \
            fail_msg("tenant %d has %.1f %% and not %d to %d", tenant, share, least, most);        \
    } while (0)

static void equal_tenants_share_equally(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 6);
    for (int i = 0; i < 3; i++)
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 10, .run_ms = 10, .backlog = 100 });
    sim_run(&sim, 10000);
    for (int i = 0; i < 3; i++)
        assert_share(i, 32, 35);
    assert_int_equal(sim.idle_ms, 0);
}

static void a_weight_of_three_gets_three_times_the_run_time(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 25, .run_ms = 25, .backlog = 100 });
    int b =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 25, .run_ms = 25, .backlog = 100 });
    weigh(b, "3");
    sim_run(&sim, 8000);
    assert_share(a, 24, 27);
    assert_share(b, 73, 76);
    assert_int_equal(sim.idle_ms, 0);
}

static void a_new_weight_acts_on_later_charges(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 25, .run_ms = 25, .backlog = 100 });
    int b =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 25, .run_ms = 25, .backlog = 100 });
    sim_run(&sim, 5000);
    weigh(b, "3");
    sim_measure(&sim);
    sim_run(&sim, 5000);
    assert_share(a, 24, 28);
    assert_share(b, 72, 76);
}

/* Shares are of run time, so many short jobs are worth as much as a few long ones. */
static void short_jobs_and_long_jobs_share_the_time(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 400, .run_ms = 400, .backlog = 50 });
    int b = sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 4, .run_ms = 4, .backlog = 400 });
    sim_run(&sim, 16000);
    assert_share(a, 45, 55);
    assert_share(b, 45, 55);
    assert_int_equal(sim.idle_ms, 0);
}

/* What a run took corrects its own charge, and is the estimate of the next one. */
static void a_wrong_estimate_is_corrected_when_the_run_ends(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    for (int i = 0; i < 3; i++)
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = i == 0   ? 20
                                                             : i == 1 ? 1
                                                                      : 6000,
                                              .action = "a.run",
                                              .run_ms = 20,
                                              .backlog = 200 });
    sim_run(&sim, 8000);
    for (int i = 0; i < 3; i++)
        assert_share(i, 31, 36);
    assert_int_equal(sim.idle_ms, 0);
}

/* Without a memory of earlier runs: too low an estimate gains nothing, too high a one costs slots
 * at the same time but never the last one. */
static void estimates_that_stay_wrong_gain_nothing(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    int honest =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 20, .run_ms = 20, .backlog = 200 });
    int low =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 1, .run_ms = 20, .backlog = 200 });
    int high =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 6000, .run_ms = 20, .backlog = 200 });
    sim_run(&sim, 8000);
    assert_share(honest, 41, 46);
    assert_share(low, 41, 46);
    assert_share(high, 12, 18);
}

static void a_light_tenant_hardly_waits_beside_a_flood_of_short_jobs(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 1, .run_ms = 1, .backlog = 1500 });
    int light =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 5, .run_ms = 5, .every_ms = 37 });
    sim_run(&sim, 3000);
    assert_true(sim.tenants[light].jobs_done > 70);
    assert_in_range(sim.tenants[light].wait_ms_max, 0, 1);
    assert_int_equal(sim.idle_ms, 0);
}

static void a_light_tenant_waits_at_most_one_job_of_a_flood_of_long_ones(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 8);
    sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 1000, .run_ms = 1000, .backlog = 200 });
    int light =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 5, .run_ms = 5, .every_ms = 310 });
    sim_run(&sim, 30000);
    assert_true(sim.tenants[light].jobs_done > 80);
    assert_in_range(sim.tenants[light].wait_ms_max, 0, 1000);
}

/* An estimate that is far too high must not let the flood catch up at the cost of a newcomer. */
static void a_flood_with_wild_estimates_does_not_starve_a_newcomer(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 4);
    sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 6000, .run_ms = 2, .backlog = 500 });
    sim_run(&sim, 1000);
    int late =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 2, .run_ms = 2, .backlog = 100 });
    sim_measure(&sim);
    sim_run(&sim, 1000);
    assert_share(late, 35, 76);
}

/* Who was away has no claim on the time it did not use. */
static void absence_earns_nothing(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 4);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 10, .run_ms = 10, .backlog = 100 });
    int b =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 10, .run_ms = 10, .every_ms = 5000 });
    sim_run(&sim, 8000);
    sim.tenants[b].every_ms = 0;
    sim.tenants[b].backlog = 100;
    sim_measure(&sim);
    sim_run(&sim, 1000);
    assert_share(a, 45, 55);
    assert_share(b, 45, 55);
}

static void a_tenant_that_was_paused_starts_level_with_the_others(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 4);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 10, .run_ms = 10, .backlog = 100 });
    int b =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 10, .run_ms = 10, .backlog = 100 });
    rig_expect(&rig, "OK", LUA_FUNCTIONS_PAUSE, "%s", rig_tenant(b));
    sim_run(&sim, 10000);
    assert_int_equal(sim.tenants[b].jobs_done, 0);
    rig_expect(&rig, "OK", LUA_FUNCTIONS_RESUME, "%s", rig_tenant(b));
    sim_measure(&sim);
    sim_run(&sim, 1000);
    assert_share(a, 45, 55);
    assert_share(b, 45, 55);
}

static void nobody_holds_more_than_three_quarters_while_another_waits(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 16);
    int a =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 100, .run_ms = 100, .backlog = 300 });
    int b =
        sim_tenant(&sim, (struct sim_tenant){ .estimate_ms = 100, .run_ms = 100, .backlog = 300 });
    weigh(a, "1000");
    sim_run(&sim, 5000);
    sim_measure(&sim);
    sim_run(&sim, 10000);
    assert_share(a, 70, 76);
    assert_in_range(sim.tenants[a].held_max, 1, 12);
    assert_true(sim.tenants[b].jobs_done > 0);
    assert_int_equal(sim.idle_ms, 0);
}

static void a_tenant_alone_gets_every_slot(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 1, .job = 1, .cost_ms = 60000 }, 100);
    assert_int_equal(rig_take(&rig, "py", 64), 64);
}

static void a_tenant_without_a_slot_gets_the_next_free_one(void **state)
{
    struct rig_entry indebted = { .tenant = 1, .job = 1, .cost_ms = 100000 };
    (void)state;
    /* It ran something long a moment ago, and others have been busy since: its tag is far ahead. */
    rig_enqueue_many(&rig, (struct rig_entry){ .tenant = 2, .job = 1000, .cost_ms = 10 }, 1000);
    rig_enqueue(&rig, indebted);
    assert_int_equal(rig_take(&rig, "py", 2), 2);
    rig_finish(&rig, indebted, 0, 100000);
    indebted.job = 2;
    rig_enqueue(&rig, indebted);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_int_equal(rig.taken[0].tenant, 1);
    /* It holds one now, and waits for its turn like everybody. */
    indebted.job = 3;
    rig_enqueue(&rig, indebted);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_int_equal(rig.taken[0].tenant, 2);
}

static void work_is_conserved_whatever_the_mixture(void **state)
{
    (void)state;
    sim_init(&sim, &rig, 13);
    for (int i = 0; i < 40; i++)
        sim_tenant(&sim, (struct sim_tenant){ .class = i % 5 == 0   ? "bulk"
                                                       : i % 3 == 0 ? "interactive"
                                                                    : "normal",
                                              .estimate_ms = 1 + i * 7 % 90,
                                              .run_ms = 1 + i * 31 % 70,
                                              .backlog = i % 4 ? 0 : 20,
                                              .every_ms = 20 + i * 13 % 300 });
    sim_run(&sim, 3000);
    assert_int_equal(sim.idle_ms, 0);
    for (int i = 0; i < 40; i++)
        assert_true(sim.tenants[i].jobs_done > 0);
}

static void a_higher_class_goes_first(void **state)
{
    (void)state;
    rig_enqueue_many(&rig, (struct rig_entry){ .class = "bulk", .tenant = 1, .job = 1 }, 3);
    rig_enqueue_many(&rig, (struct rig_entry){ .class = "normal", .tenant = 2, .job = 10 }, 3);
    rig_enqueue_many(&rig, (struct rig_entry){ .class = "interactive", .tenant = 3, .job = 20 }, 3);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_string_equal(rig.taken[0].class, "interactive");
    rig_enqueue_many(&rig, (struct rig_entry){ .class = "interactive", .tenant = 3, .job = 30 }, 3);
    assert_int_equal(rig_take(&rig, "py", 1), 1);
    assert_string_equal(rig.taken[0].class, "interactive");
}

static void one_pick_in_eight_goes_to_the_lowest_class(void **state)
{
    int bulk = 0;
    (void)state;
    rig_enqueue_many(
        &rig, (struct rig_entry){ .class = "bulk", .tenant = 1, .job = 1, .cost_ms = 1000 }, 200);
    rig_enqueue_many(
        &rig,
        (struct rig_entry){ .class = "interactive", .tenant = 2, .job = 1000, .cost_ms = 1000 },
        1000);
    for (int i = 0; i < 160; i++) {
        assert_int_equal(rig_take(&rig, "py", 1), 1);
        bulk += rig.taken[0].tenant == 1;
        rig_claim(&rig, rig.taken[0]);
        rig_finish(&rig, rig.taken[0], 1, 1000);
    }
    assert_int_equal(bulk, 20);
}

/* A thousand tenants, one job each: nobody is forgotten, and the order is that of arrival. */
static void many_tenants_with_one_job_each_are_all_served(void **state)
{
    bool seen[1001] = { false };
    int count = 0;
    (void)state;
    for (int i = 1; i <= 1000; i++)
        rig_enqueue(&rig, (struct rig_entry){ .tenant = i, .job = i, .cost_ms = 5 });
    while (rig_take(&rig, "py", 32) > 0)
        for (int i = 0; i < rig.taken_count; i++, count++) {
            assert_false(seen[rig.taken[i].tenant]);
            seen[rig.taken[i].tenant] = true;
        }
    assert_int_equal(count, 1000);
    assert_int_equal(rig_redis(&rig, "EXISTS {s00}:ring:py:normal {s00}:fresh:py:normal"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, reset)
        TEST(equal_tenants_share_equally),
        TEST(a_weight_of_three_gets_three_times_the_run_time),
        TEST(a_new_weight_acts_on_later_charges),
        TEST(short_jobs_and_long_jobs_share_the_time),
        TEST(a_wrong_estimate_is_corrected_when_the_run_ends),
        TEST(estimates_that_stay_wrong_gain_nothing),
        TEST(a_light_tenant_hardly_waits_beside_a_flood_of_short_jobs),
        TEST(a_light_tenant_waits_at_most_one_job_of_a_flood_of_long_ones),
        TEST(a_flood_with_wild_estimates_does_not_starve_a_newcomer),
        TEST(absence_earns_nothing),
        TEST(a_tenant_that_was_paused_starts_level_with_the_others),
        TEST(nobody_holds_more_than_three_quarters_while_another_waits),
        TEST(a_tenant_alone_gets_every_slot),
        TEST(a_tenant_without_a_slot_gets_the_next_free_one),
        TEST(work_is_conserved_whatever_the_mixture),
        TEST(a_higher_class_goes_first),
        TEST(one_pick_in_eight_goes_to_the_lowest_class),
        TEST(many_tenants_with_one_job_each_are_all_served),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
