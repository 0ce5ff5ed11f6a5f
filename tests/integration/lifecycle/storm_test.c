/* storm_test.c - many scans at once on hosts whose clocks are wrong, killed again and again until nothing is due: every action is
 * done, none twice.
 *
 * Short by default; REPLICA_ROWS=300000 (three times as many actions) is `tests/run long`. */
#include "tests/lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

enum { REPLICAS = 8, ROWS_SHORT = 3000, LEFT_BEHIND_MAX = 24 };

/* How much a replica does at once, and how long until the next is killed. */
static const struct pace { int batch; useconds_t kill_us; } PACE_SHORT = { 37, 20000 }, PACE_LONG = { 250, 135000 };

/* A replica on a host whose clock is wrong by `skew_s`: scan until killed. Only a build with plants can be on such a host. */
static void replica(struct scan_rig *f, int skew_s, int batch)
{
    int64_t right_s = time(NULL);
    char text[16];

    snprintf(text, sizeof text, "%d", skew_s);
    setenv("EXECGOV_SKEW_S", text, 1);
#ifdef EXECGOV_PLANTS
    if (llabs(clock_now_us() / 1000000 - right_s - skew_s) > 5)
        _exit(2);
#else
    (void)right_s;
#endif
    struct arena arena = { 0 };
    PGconn *conn = pg_server_connect(&f->server, &arena, "execgov_lifecycle");
    struct scan_report report;
    struct gov_err err;

    for (;;)
        if (!scan_run(conn, &(struct scan_options){ .batch = batch, .run = "01900000-0000-7000-8000-000000000002" }, &report, &err))
            _exit(1);
}

static bool due(struct scan_rig *f)
{
    struct arena arena = { 0 };
    bool is = *sql_value(&arena, f->admin, "select exists (select from public.subscription where next_action_at <= public.lifecycle_now())") == 't';

    arena_release(&arena);
    return is;
}

/* A killed one leaves a session that the server ends when its statement has: were they killed faster than that, no connection would
 * be left. */
static void await_few_sessions(struct scan_rig *f)
{
    int64_t until_us = clock_mono_us() + 60LL * 1000000;

    while (scan_rig_count(f, "pg_stat_activity where usename = 'execgov_lifecycle'") > LEFT_BEHIND_MAX) {
        assert_true(clock_mono_us() < until_us);
        usleep(20000);
    }
}

/* One after the other is killed, in the middle of whatever it does, and another takes its place: some of them get to the end of
 * a batch, most do not. How many were. */
static int storm(struct scan_rig *f, struct pace pace)
{
    static const int skews_s[REPLICAS] = { -3600, 3600, 0, -600, 600, 3600, -3600, 0 };
    pid_t pids[REPLICAS] = { 0 };
    unsigned seed = 7;
    int killed = 0;

    for (int round = 0; round < REPLICAS || due(f); round++) {
        int i = (int)(seed = seed * 1103515245u + 12345u) / 65536 % REPLICAS;
        i = i < 0 ? -i : i;
        if (pids[i]) {
            int status = 0;
            kill(pids[i], SIGKILL);
            waitpid(pids[i], &status, 0);
            assert_true(WIFSIGNALED(status)); /* none gave up by itself */
            killed++;
            await_few_sessions(f);
        }
        pids[i] = fork();
        if (pids[i] == 0)
            replica(f, skews_s[i], pace.batch);
        usleep(pace.kill_us);
    }
    for (int i = 0; i < REPLICAS; i++)
        if (pids[i]) {
            int status = 0;
            kill(pids[i], SIGKILL);
            waitpid(pids[i], &status, 0);
            assert_true(WIFSIGNALED(status));
        }
    return killed;
}

/* Hosts an hour behind and ahead, and ten minutes, among ones that are right: when something is due the database says. */
static void eight_replicas_with_wrong_clocks_that_are_killed_do_everything_once(void **state)
{
    struct scan_rig *f = *state;
    const char *asked = getenv("REPLICA_ROWS");
    int rows = asked ? atoi(asked) : ROWS_SHORT;

    scan_rig_subscriptions(f, rows, 12, "Asia/Shanghai");
    int64_t begun = clock_mono_us();
    int killed = storm(f, rows > ROWS_SHORT ? PACE_LONG : PACE_SHORT);
    print_message("%d rows, %d actions, %d killed, %.1f s\n", rows, scan_rig_count(f, "public.lifecycle_action"), killed,
                  (double)(clock_mono_us() - begun) / 1e6);
    assert_true(killed >= 3);
    /* one prefill, one superseded T-30, one T-15, one message each, and one change of the row by each */
    assert_int_equal(rows * 3, scan_rig_count(f, "public.lifecycle_action"));
    assert_int_equal(rows, scan_rig_count(f, "public.lifecycle_action where action = 'remind' and status = 'done'"));
    assert_int_equal(rows, scan_rig_count(f, "public.outbox"));
    assert_int_equal(rows, scan_rig_count(f, "public.subscription where version = 2"));
    /* nothing was written by a host's clock: what was looked at as of, the scans' clock, when what is due next is due */
    int64_t took = (clock_mono_us() - begun) / 1000000 + 300;
    assert_int_equal(0, scan_rig_count(f, arena_format(&f->arena, "public.lifecycle_action where abs(extract(epoch from public.lifecycle_now() - "
                                                       "as_of)) > %lld or as_of > public.lifecycle_now()", (long long)took)));
    assert_int_equal(1, scan_rig_count(f, arena_format(&f->arena, "public.scan_clock where last_at between public.lifecycle_now() - interval "
                                                       "'1 second' * %lld and public.lifecycle_now()", (long long)took + 300)));
    assert_int_equal(0, scan_rig_count(f, arena_format(&f->arena, "public.outbox where created_at > now() or created_at < now() - interval "
                                                       "'1 second' * %lld", (long long)took)));
    assert_int_equal(0, scan_rig_count(f, "public.scan_gap where to_at > public.lifecycle_now()"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(eight_replicas_with_wrong_clocks_that_are_killed_do_everything_once) };

    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
