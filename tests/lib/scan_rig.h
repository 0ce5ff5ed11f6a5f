/* scan_rig.h - a database with subscriptions that run out, and a scan over them. */
#ifndef TESTS_LIB_SCAN_RIG_H
#define TESTS_LIB_SCAN_RIG_H

#include "core/store/scan/scan.h"
#include "tests/lib/pg_server.h"

struct scan_rig {
    struct pg_server server;
    struct arena arena;
    PGconn *admin, *conn; /* conn: execgov_lifecycle */
};

/* For cmocka_run_group_tests. */
int scan_rig_setup(void **state);
int scan_rig_teardown(void **state);

/* A clean table with `count` yearly subscriptions of customers c1, c2, …, whose period ends `days` from now, at midnight in
 * `zone`. */
void scan_rig_subscriptions(struct scan_rig *f, int count, int days, const char *zone);
/* Fails the test on an error. */
struct scan_report scan_rig_scan(PGconn *conn, struct scan_options options);
/* select count(*) from `from` */
int scan_rig_count(struct scan_rig *f, const char *from);
/* The test clock: "6 hours". */
void scan_rig_advance(struct scan_rig *f, const char *by);

#endif
