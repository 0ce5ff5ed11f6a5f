/* replica_test.c - I11: eight processes that scan at once, one of them killed in the middle, leave what one leaves. */
#include "tests/lib/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

enum { CUSTOMERS = 60, STEPS = 34, REPLICAS = 8 };

/* Half an hour after noon of a Monday: no step is near a moment at which something is due, however long a step takes. */
static void clock_to_the_start(struct scan_rig *f)
{
    sql_run(f->admin, "update public.scan_clock set test_offset = date_trunc('week', now()) + interval '14 days 12 hours 30 minutes' - now()");
}

static void scan_once(struct scan_rig *f)
{
    struct arena arena = { 0 };
    PGconn *conn = pg_server_connect(&f->server, &arena, "execgov_lifecycle");
    struct scan_report report;
    struct gov_err err;

    _exit(scan_run(conn, &(struct scan_options){ .batch = 7, .accept_gap = true, .release_brake = true,
                                                 .run = "01900000-0000-7000-8000-000000000003" }, &report, &err) ? 0 : 1);
}

static void scan_together(struct scan_rig *f, int replicas, int step)
{
    pid_t pids[REPLICAS];

    for (int i = 0; i < replicas; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            scan_once(f);
    }
    if (replicas > 1) {
        usleep((unsigned)(step * 7919 % 60) * 1000); /* somewhere in its work */
        kill(pids[step % replicas], SIGKILL);
    }
    for (int i = 0; i < replicas; i++) {
        int status = 0;
        waitpid(pids[i], &status, 0);
        assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (replicas > 1 && i == step % replicas));
    }
}

/* From active through the grace days into shutdown, everything kept in table `kept`, by customer. */
static void live_through(struct scan_rig *f, int replicas, const char *kept)
{
    clock_to_the_start(f);
    scan_rig_subscriptions(f, CUSTOMERS, 4, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription s set paid_until_date = paid_until_date + m.n %% 4, paid_until_at = paid_until_at + "
            "make_interval(days => m.n %% 4), next_action_at = public.lifecycle_now() from (select id, substr(name, 2)::integer as n from "
            "public.customer) m where m.id = s.customer_id");
    for (int step = 0; step < STEPS; step++) {
        scan_together(f, replicas, step);
        if (replicas > 1) /* whatever the one that was killed held is free again */
            scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true, .release_brake = true });
        scan_rig_advance(f, "12 hours");
    }
    sql_run(f->admin, "create table public.%s as select c.name, 'action' as kind, concat_ws(' ', a.period_no, a.action, a.window_code, "
            "a.status, a.as_of_date) as row from public.lifecycle_action a join public.subscription s on s.id = a.subscription_id join "
            "public.customer c on c.id = s.customer_id union all select c.name, 'message', concat_ws(' ', o.event, o.payload ->> 'window', "
            "o.endpoint, o.state) from public.outbox o join public.subscription s on s.id = o.subscription_id join public.customer c on "
            "c.id = s.customer_id union all select c.name, 'event', concat_ws(' ', e.from_state, e.to_state, e.cause) from "
            "public.subscription_event e join public.subscription s on s.id = e.subscription_id join public.customer c on c.id = "
            "s.customer_id union all select c.name, 'subscription', concat_ws(' ', s.state, s.period_no, s.paid_until_date, "
            "s.shutdown_due_at, s.windows_done, s.version, s.fail_count) from public.subscription s join public.customer c on c.id = "
            "s.customer_id", kept);
}

static void eight_replicas_leave_the_rows_that_one_leaves(void **state)
{
    struct scan_rig *f = *state;

    live_through(f, 1, "by_one");
    live_through(f, REPLICAS, "by_eight");
    assert_int_equal(CUSTOMERS, scan_rig_count(f, "public.by_one where kind = 'subscription' and row like 'shutdown %'"));
    assert_int_equal(2 * CUSTOMERS, scan_rig_count(f, "public.by_one where kind = 'event'"));
    const char *odd = sql_value(&f->arena, f->admin, "select string_agg(concat_ws(' ', side, name, kind, row), '; ') from ("
                                "(select 'one:' as side, x.* from (table public.by_one except all table public.by_eight) x) union all "
                                "(select 'eight:', x.* from (table public.by_eight except all table public.by_one) x) limit 5) d");
    if (odd)
        fail_msg("%s", odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(eight_replicas_leave_the_rows_that_one_leaves) };

    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
