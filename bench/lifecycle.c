/* lifecycle.c - the scans beside bare SQL that does the same inserts and updates, in one run on one server.
 *
 *     bench-lifecycle CONNINFO N [idle|reminders|workers|dry-run|shutdowns]     (a superuser's, of a migrated database that holds nothing else)
 *
 * Prints one line a measurement. bench/lifecycle starts the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/db/dbsync.h"
#include "core/model/lifecycle.h"
#include "core/store/scan/preview.h"
#include "core/store/scan/scan.h"

enum { IDLE_ROUNDS = 300, DECIDE_ROUNDS = 4000000, BARE_BATCH = 1000, WORKERS = 4, ROUNDS_MAX = 20, DRY_ROUNDS = 5,
       SLICE_ROWS = 10000, SLICE_OF_MANY_ROWS = 100000 /* a hundred batches: four workers have something to share */ };

static const char *conninfo;
static struct arena arena;
static PGconn *conn;
static long n;

static const char *ask(const char *sql)
{
    struct gov_err err = { 0 };
    PGresult *r = dbsync_query(&arena, conn, sql, 0, NULL, &err);

    if (!r) {
        fprintf(stderr, "%s\n%s\n", err.cause, sql);
        exit(1);
    }
    return PQntuples(r) && !PQgetisnull(r, 0, 0) ? PQgetvalue(r, 0, 0) : "";
}

/* `as_of_us`: 0 is now. */
static void scan_with(PGconn *with, int64_t as_of_us, bool release)
{
    struct scan_options options = { .run = "01900000-0000-7000-8000-000000000001", .release_brake = release, .as_of_us = as_of_us };
    struct scan_report report;
    struct gov_err err = { 0 };

    if (!scan_run(with, &options, &report, &err) || report.state != SCAN_DONE) {
        fprintf(stderr, "scan: %s %s\n", err.en, err.cause);
        exit(1);
    }
}

/* Processor seconds so far of this process and of the server's that serves `conn`: what another's build does not change. */
static double processor(void)
{
    char path[40], line[1024] = "";
    long user, system, ticks = sysconf(_SC_CLK_TCK);
    const char *behind;

    snprintf(path, sizeof path, "/proc/%d/stat", PQbackendPID(conn));
    FILE *stat = fopen(path, "r");
    CHECK(stat && fgets(line, sizeof line, stat) && (behind = strrchr(line, ')')));
    fclose(stat);
    CHECK(sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system) == 2);
    return (double)(user + system) / (double)ticks + (double)clock() / CLOCKS_PER_SEC;
}

struct cost {
    double wall, processor; /* s */
};

static struct cost cost_begin(void)
{
    return (struct cost){ (double)clock_mono_us() / 1e6, processor() };
}

static struct cost cost_since(struct cost begun)
{
    return (struct cost){ (double)clock_mono_us() / 1e6 - begun.wall, processor() - begun.processor };
}

static void say(const char *what, double ours, double bare, const char *unit, double goal)
{
    printf("%-44s %10.3f %-4s bare %10.3f   ratio %5.2f   goal %.1f\n", what, ours, unit, bare, ours / bare, goal);
    fflush(stdout);
}

static void say_cost(const char *what, struct cost ours, struct cost bare, double goal)
{
    say(what, ours.wall, bare.wall, "s", goal);
    printf("%-44s %10.3f s    bare %10.3f   ratio %5.2f\n", "  of it processor time", ours.processor, bare.processor,
           ours.processor / bare.processor);
    fflush(stdout);
}

/* --- what is scanned --- */

static void clean(void)
{
    ask("set session_replication_role = replica");
    ask("truncate public.customer, public.subscription, public.lifecycle_action, public.outbox, public.scan_run, "
        "public.finance_task, public.platform_audit, public.subscription_event, public.tenant_block cascade");
    ask("set session_replication_role = default");
    ask("update public.scan_clock set last_at = '-infinity'");
}

/* What one side does at a time. Every slice is due ten seconds after the one before, beginning an hour ago; what is not for a scan
 * is never due. */
struct slice {
    long first, last; /* numbers of rows, from 1 */
    int64_t as_of_us; /* all scans' slices up to this one are due */
};

static int64_t begun_us;

static int64_t due_us(long slice)
{
    return begun_us - 3600LL * 1000000 + slice * 10000000LL;
}

/* A customer with one address and one subscription each, whose year ends in `days`. Of each `sides` slices of `each` rows the
 * first is due only if `first_scans`. */
static void fill(long count, long each, int sides, bool first_scans, int days, const char *state, const char *more)
{
    clean();
    begun_us = atoll(ask("select (extract(epoch from now()) * 1000000)::bigint"));
    ask(arena_format(&arena, "insert into public.customer (id, kind, name) select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))"
                     "::uuid, 'company', 'c' || i from generate_series(1, %ld) i", count));
    ask("insert into public.customer_contact (customer_id, endpoint) select id, name || '@example.org' from public.customer");
    ask(arena_format(&arena, "insert into public.subscription (id, customer_id, edition_version, state, tz, anchor_date, anchor_no, "
                     "period_no, paid_from_at, paid_until_date, paid_until_at, windows_done, next_action_at, state_entered_at, "
                     "shutdown_due_at, final_notice_at) select c.id, c.id, (select id from public.edition_version where edition = "
                     "'team-yearly'), '%s', 'Asia/Shanghai', d.day - 365, 1, 1, now() - interval '360 days', d.day, d.day::timestamp "
                     "at time zone 'Asia/Shanghai', 1 << 13, case when n.slice %% %d = 0 and not %s then 'infinity' else timestamptz "
                     "'epoch' + (%lld + n.slice * 10000000) * interval '1 microsecond' end, now() - interval '20 days', %s from "
                     "public.customer c, lateral (select (substr(c.name, 2)::bigint - 1) / %ld as slice) n, (select (now() at time zone "
                     "'Asia/Shanghai')::date + %d as day) d", state, sides, first_scans ? "true" : "false", (long long)due_us(0), more,
                     each, days));
    ask("analyze public.customer, public.customer_contact, public.subscription");
    ask("checkpoint");
}

/* --- measurements --- */

static void decide_rate(void)
{
    struct lifecycle_policy p = lifecycle_policy_default;
    struct lifecycle_facts f = { .state = SUB_ACTIVE, .end_day = 21000, .grace_days = 7, .min_grace_days = 3, .retention_days = 90,
                                 .zone = zone_read("Asia/Shanghai", &arena) };
    struct lifecycle_decision d;
    int64_t sum = 0;

    f.end_us = calendar_day_us(f.zone, f.end_day);
    f.period_start_us = f.end_us - 365 * 86400LL * 1000000;
    clock_t begun = clock(); /* of this process alone: others may be on the machine */
    for (int i = 0; i < DECIDE_ROUNDS; i++) { /* all days of the year, and of grace */
        lifecycle_decide(&f, &p, f.period_start_us + (int64_t)(i % 370) * 86400LL * 1000000, &d);
        sum += d.next_us;
    }
    double took = (double)(clock() - begun) / CLOCKS_PER_SEC;
    printf("%-44s %10.2f M/s   (goal 5; %lld)\n", "decide()", DECIDE_ROUNDS / took / 1e6, (long long)(sum & 1));
    fflush(stdout);
}

static void idle(void)
{
    int64_t scan_us = 0, bare_us = 0;

    fill(n, n, 1, true, 200, "active", "null, null");
    ask("update public.subscription set next_action_at = now() + interval '30 days'");
    ask("vacuum analyze public.subscription");
    scan_with(conn, 0, false);
    for (int i = 0; i < IDLE_ROUNDS; i++) { /* in turns: both meet the same machine */
        int64_t begun = clock_mono_us();
        scan_with(conn, 0, false);
        scan_us += clock_mono_us() - begun;
        begun = clock_mono_us();
        ask("select id from public.subscription where next_action_at <= now() and quarantined_at is null order by next_action_at, id "
            "limit 1");
        bare_us += clock_mono_us() - begun;
    }
    say(arena_format(&arena, "idle scan over %ld subscriptions", n), (double)scan_us / IDLE_ROUNDS / 1e3,
        (double)bare_us / IDLE_ROUNDS / 1e3, "ms", 2);
}

static int cost_compare(const void *a, const void *b)
{
    double x = ((const struct cost *)a)->wall, y = ((const struct cost *)b)->wall;

    return x < y ? -1 : x > y;
}

static struct cost median(struct cost *costs, int count)
{
    qsort(costs, (size_t)count, sizeof *costs, cost_compare);
    return costs[count / 2];
}

static int rounds_of(long count, long least)
{
    long rounds = count / least;

    return (int)(rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds);
}

/* Both sides in turns, so that they meet the same machine, each with slices of its own in tables that grow alike: medians of them. */
static void in_turns(long count, int rounds, void (*theirs)(struct slice), void (*ours)(struct slice), struct cost *their, struct cost *our)
{
    struct cost costs[2][ROUNDS_MAX];
    long each = count / rounds;

    for (int i = 0; i < rounds * 2; i++) {
        struct slice s = { i * each + 1, (i + 1) * each, due_us(i) };
        struct cost begun = cost_begin();

        (i % 2 ? ours : theirs)(s);
        costs[i % 2][i / 2] = cost_since(begun);
    }
    *their = median(costs[0], rounds);
    *our = median(costs[1], rounds);
}

static long batch_end(long at, struct slice s)
{
    long last = at + BARE_BATCH - 1;

    return last < s.last ? last : s.last;
}

/* The same rows by plain statements: actions, messages, subscriptions; a thousand a transaction. */
static void bare_reminders(struct slice s)
{
    for (long at = s.first; at <= s.last; at += BARE_BATCH)
        ask(arena_format(&arena,
                         "with due as (select s.id, s.customer_id from public.subscription s where s.id between "
                         "('00000000-0000-4000-8000-' || lpad('%ld', 12, '0'))::uuid and ('00000000-0000-4000-8000-' || lpad('%ld', 12, "
                         "'0'))::uuid for no key update), acts as (insert into public.lifecycle_action (subscription_id, period_no, "
                         "action, window_code, status, due_at, as_of, as_of_date) select d.id, 1, w.a, w.w, w.s, now(), now(), "
                         "current_date from due d cross join (values ('supersede', 'T-30', 'skipped_superseded'), ('supersede', 'T-15', "
                         "'skipped_superseded'), ('remind', 'T-7', 'done')) w (a, w, s) on conflict do nothing), messages as (insert "
                         "into public.outbox (action_key, event, channel, endpoint, subscription_id, payload, guard, message_id, "
                         "next_at, expires_at) select 'sub:' || d.id || ':1:T-7', 'subscription.reminder', k.channel, k.endpoint, d.id, "
                         "jsonb_build_object('window', 'T-7', 'customer', c.name, 'edition', 'team-yearly', 'period_no', 1, "
                         "'paid_until', current_date, 'timezone', 'Asia/Shanghai', 'amount_minor', 299000, 'currency', 'CNY', "
                         "'shutdown_due_at', null, 'retention_days', 90), jsonb_build_object('subscription', d.id, 'period_no', 1, "
                         "'state', 'active', 'before', now()), gen_random_uuid()::text, now(), now() from due d join public.customer c "
                         "on c.id = d.customer_id join public.customer_contact k on k.customer_id = c.id on conflict do nothing) update "
                         "public.subscription s set windows_done = 8199, next_action_at = now() + interval '3 days', version = s.version "
                         "+ 1 from due d where s.id = d.id", at, batch_end(at, s)));
}

static void scan_by_one(struct slice s)
{
    scan_with(conn, s.as_of_us, false);
}

/* Each worker with a connection of its own, and with a quarter of the rows where it does not find its own. */
static void by_four(void (*work)(struct slice), struct slice s, bool shared)
{
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0) {
            long quarter = (s.last - s.first + WORKERS) / WORKERS, first = s.first + i * quarter, last = first + quarter - 1;
            struct arena own;
            struct gov_err err;
            arena_init(&own);
            conn = dbsync_open(&own, conninfo, "bench", &err);
            CHECK(conn);
            work(shared ? s : (struct slice){ first, last < s.last ? last : s.last, 0 });
            _exit(0);
        }
    for (int i = 0, status; i < WORKERS; i++)
        CHECK(wait(&status) > 0 && status == 0);
}

static void scan_by_four(struct slice s)
{
    by_four(scan_by_one, s, true);
}

static void bare_by_four(struct slice s)
{
    by_four(bare_reminders, s, false);
}

static void reminders(void)
{
    int rounds = rounds_of(n, SLICE_ROWS);
    long each = n / rounds, all = each * rounds * 2;
    struct cost bare, ours;

    fill(all, each, 2, false, 6, "active", "null, null");
    in_turns(n, rounds, bare_reminders, scan_by_one, &bare, &ours);
    say_cost(arena_format(&arena, "%ld reminders of %ld", each, all), ours, bare, 1.5);
    CHECK(atol(ask("select count(*) from public.outbox")) == all);
}

/* The bare statements by four, too, each with a quarter of the rows: what the machine has to give. */
static void workers(void)
{
    int rounds = rounds_of(n, SLICE_OF_MANY_ROWS);
    long each = n / rounds, all = each * rounds * 2;
    struct cost one, four;

    fill(all, each, 1, false, 6, "active", "null, null");
    in_turns(n, rounds, bare_reminders, bare_by_four, &one, &four);
    say(arena_format(&arena, "%ld of %ld, four beside one, bare", each, all), four.wall, one.wall, "s", 0.6);
    fill(all, each, 2, true, 6, "active", "null, null");
    in_turns(n, rounds, scan_by_one, scan_by_four, &one, &four);
    say(arena_format(&arena, "%ld of %ld, four workers beside one", each, all), four.wall, one.wall, "s", 0.6);
    CHECK(atol(ask("select count(*) from public.outbox")) == all);
}

static struct cost stream_bare(void)
{
    struct cost begun = cost_begin();

    CHECK(PQsendQuery(conn, "select s.id, s.period_no, s.version, s.state, s.state_entered_at, s.paid_from_at, s.paid_until_date, "
                      "s.paid_until_at, s.shutdown_due_at, s.final_notice_at, s.termination_notice_at, s.hold_until, s.windows_done, "
                      "s.cancel_at_period_end, v.grace_days, v.min_grace_days, v.retention_days, s.tz, v.policy, s.next_action_at from "
                      "public.subscription s join public.edition_version v on v.id = s.edition_version where s.next_action_at <= now() "
                      "and s.quarantined_at is null order by s.id") && PQsetSingleRowMode(conn));
    for (PGresult *r; (r = PQgetResult(conn)); PQclear(r))
        ;
    return cost_since(begun);
}

static struct cost preview(void)
{
    struct preview_options look = { 0 };
    struct preview preview;
    struct gov_err err = { 0 };
    struct cost begun = cost_begin();

    CHECK(preview_run(conn, &look, &preview, &err) && preview.lines >= n);
    return cost_since(begun);
}

static void dry_run(void)
{
    struct cost ours[DRY_ROUNDS], bare[DRY_ROUNDS];

    fill(n, n, 1, true, 6, "active", "null, null");
    preview(); /* whoever reads rows first after they were written reads more slowly */
    for (int i = 0; i < DRY_ROUNDS; i++) {
        ours[i] = preview();
        bare[i] = stream_bare();
    }
    say_cost(arena_format(&arena, "dry run of %ld with its digest", n), median(ours, DRY_ROUNDS), median(bare, DRY_ROUNDS), 1.3);
}

static void tenants_make(long count)
{
    ask("delete from public.tenant where name like 'bench %'");
    ask(arena_format(&arena, "insert into public.tenant (id, schema, name, kind, stripe) select ('10000000-0000-4000-8000-' || "
                     "lpad(i::text, 12, '0'))::uuid, 't_' || lpad(to_hex(i), 16, '0'), 'bench ' || i, 'team', 0 from "
                     "generate_series(1, %ld) i", count));
    ask("update public.subscription set tenant_id = ('10000000' || substr(id::text, 9))::uuid");
    ask("analyze public.tenant");
}

static const char overdue[] = "now() - interval '1 hour', now() - interval '5 days'";

static void bare_shutdowns(struct slice s)
{
    for (long at = s.first; at <= s.last; at += BARE_BATCH)
        ask(arena_format(&arena,
                         "with due as (select s.* from public.subscription s where s.id between ('00000000-0000-4000-8000-' || lpad("
                         "'%ld', 12, '0'))::uuid and ('00000000-0000-4000-8000-' || lpad('%ld', 12, '0'))::uuid for no key update), "
                         "acts as (insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, "
                         "as_of, as_of_date) select d.id, 1, w.a, w.w, w.s, now(), now(), current_date from due d cross join (values "
                         "('supersede', 'G-HALF', 'skipped_superseded'), ('shutdown', 'SHUTDOWN', 'done')) w (a, w, s) on conflict do "
                         "nothing), messages as (insert into public.outbox (action_key, event, channel, endpoint, subscription_id, "
                         "payload, guard, message_id, next_at) select 'sub:' || d.id || ':1:SHUTDOWN', 'subscription.shutdown', "
                         "k.channel, k.endpoint, d.id, jsonb_build_object('window', 'SHUTDOWN', 'customer', c.name), "
                         "jsonb_build_object('subscription', d.id), gen_random_uuid()::text, now() from due d join public.customer c on "
                         "c.id = d.customer_id join public.customer_contact k on k.customer_id = c.id on conflict do nothing), events "
                         "as (insert into public.subscription_event (subscription_id, at, from_state, to_state, cause) select d.id, "
                         "now(), 'grace', 'shutdown', 'scan' from due d), audited as (insert into public.platform_audit (actor_kind, "
                         "kind, action, subject_kind, subject, tenant_id, detail) select 'system', 'money', 'subscription.shutdown', "
                         "'subscription', d.id::text, d.tenant_id, '{\"from\": \"grace\"}' from due d), blocks as (insert into "
                         "public.tenant_block (tenant_id, source, level, reason_code, ref) select d.tenant_id, 'billing', 3, "
                         "'subscription_expired', d.id::text from due d on conflict do nothing), tenants as (update public.tenant t set "
                         "state = 'suspended', run_allowed = false, write_allowed = false, suspended_code = 'subscription_expired', "
                         "suspended_at = now(), state_version = t.state_version + 1 from due d where t.id = d.tenant_id) update "
                         "public.subscription s set state = 'shutdown', state_entered_at = now(), next_action_at = now() + interval '80 "
                         "days', version = s.version + 1 from due d where s.id = d.id", at, batch_end(at, s)));
}

static void scan_released(struct slice s)
{
    scan_with(conn, s.as_of_us, true);
}

static void shutdowns(void)
{
    int rounds = rounds_of(n / 10, SLICE_ROWS);
    long each = n / 10 / rounds, all = each * rounds * 2;
    struct cost bare, ours;

    fill(all, each, 2, false, -10, "grace", overdue);
    tenants_make(all);
    in_turns(n / 10, rounds, bare_shutdowns, scan_released, &bare, &ours);
    say_cost(arena_format(&arena, "%ld shutdowns of %ld", each, all), ours, bare, 2);
    CHECK(atol(ask("select count(*) from public.tenant where not run_allowed")) == all);
}

static bool wanted(const char *measure, const char *only)
{
    return !only || strcmp(measure, only) == 0;
}

int main(int argc, char **argv)
{
    struct gov_err err;
    struct rusage before, after;

    if (argc < 3 || argc > 4 || (n = atol(argv[2])) < 1000) {
        fputs("bench-lifecycle CONNINFO N (1000 or more) [idle|reminders|workers|dry-run|shutdowns]\n", stderr);
        return 2;
    }
    conninfo = argv[1];
    arena_init(&arena);
    decide_rate();
    conn = dbsync_open(&arena, conninfo, "bench", &err);
    if (!conn) {
        fprintf(stderr, "%s\n", err.cause);
        return 1;
    }
    if (wanted("idle", argv[3]))
        idle();
    if (wanted("reminders", argv[3])) {
        getrusage(RUSAGE_SELF, &before);
        reminders();
        getrusage(RUSAGE_SELF, &after);
        printf("%-44s %10ld KB more at its highest\n", "memory of a scan of them", after.ru_maxrss - before.ru_maxrss);
    }
    if (wanted("workers", argv[3]))
        workers();
    if (wanted("dry-run", argv[3]))
        dry_run();
    if (wanted("shutdowns", argv[3]))
        shutdowns();
    arena_release(&arena);
    return 0;
}
