/* sale_test.c - what is not on sale any more, or not yet, nobody buys anew; whoever has it goes on, at the price that took its place. */
#include "tests/lib/test.h"

#include <string.h>

#include "sql_queries.h"
#include "core/io/db/dbsync.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* A version of an edition that is made for this, sold from and to so many days from now; NULL: without an end. */
static struct id version_new(struct money_rig *f, const char *edition, int ver, int price, int from, const char *to)
{
    struct id id = id_new();

    sql_run(f->admin, "insert into public.edition (code, kind, title) values ('%s', 'team', '{\"en\": \"Sale\", \"zh\": \"促销\"}') on "
            "conflict do nothing", edition);
    sql_run(f->admin, "insert into public.edition_version (id, edition, ver, interval_unit, interval_count, price_minor, currency, sold_from, "
            "sold_to) values ('%s', '%s', %d, 'month', 1, %d, 'CNY', now() + %d * interval '1 day', now() + %s * interval '1 day')",
            id.text, edition, ver, price, from, to ? to : "null");
    return id;
}

static const char *order(struct money_rig *f, const struct bought *b, const char *kind, struct id version)
{
    struct id id = id_new();

    return arena_format(&f->arena, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, 100, 0, '{}', '{}', now() + "
                        "interval '30 days', '%s', 'hash', '%s')", id.text, kind, b->customer.text, b->subscription.text, version.text,
                        id.text, f->finance.id.text);
}

/* The version a buyer is quoted, or "none". */
static const char *quoted(struct money_rig *f, const char *edition)
{
    const char *params[4] = { edition };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->platform, sql_queries[SQL_QUERIES_ORDER_QUOTE].text, 4, params, &err);

    if (!rows)
        fail_msg("%s %s", err.en, err.cause);
    return PQntuples(rows) ? PQgetvalue(rows, 0, 0) : "none";
}

static void what_is_not_on_sale_is_not_bought_anew(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    struct id over = version_new(f, "over", 1, 100, -10, "-1"), ahead = version_new(f, "ahead", 1, 100, 1, NULL);
    money_rig_refused(f->platform, "not_on_sale", order(f, &b, "new", over));
    money_rig_refused(f->platform, "not_on_sale", order(f, &b, "new", ahead));
    assert_string_equal("none", quoted(f, "over"));
    assert_string_equal("none", quoted(f, "ahead"));
    /* while one is on sale and the next is only announced, it is that one */
    struct id now = version_new(f, "both", 1, 100, -10, "1"), next = version_new(f, "both", 2, 200, 1, NULL);
    assert_string_equal(now.text, quoted(f, "both"));
    money_rig_refused(f->platform, "not_on_sale", order(f, &b, "new", next));
    sql_run(f->platform, "%s", order(f, &b, "new", now));
}

/* The price of the renewal that a scan would draft now. */
static const char *drafted(struct money_rig *f, struct id version)
{
    const char *params[2] = { "10", "00000000-0000-0000-0000-000000000000" };
    struct gov_err err = { 0 };
    struct bought b;
    PGresult *rows;

    money_rig_customer(f, &b);
    sql_run(f->admin, "update public.subscription set state = 'active', edition_version = '%s' where id = '%s'", version.text,
            b.subscription.text);
    sql_run(f->admin, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, "
            "as_of_date, done_at) select id, period_no, 'prefill', 'PREFILL', 'done', now(), now(), current_date, now() from "
            "public.subscription where id = '%s'", b.subscription.text);
    rows = dbsync_query(&f->arena, f->lifecycle, sql_queries[SQL_QUERIES_ORDER_PREFILL].text, 2, params, &err);
    if (!rows)
        fail_msg("%s %s", err.en, err.cause);
    for (int i = 0; i < PQntuples(rows); i++)
        if (strcmp(PQgetvalue(rows, i, 0), b.subscription.text) == 0)
            return PQgetvalue(rows, i, 3);
    return "none";
}

static void a_renewal_falls_to_the_version_that_took_its_place(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    struct id old = version_new(f, "followed", 1, 100, -10, "-1"), last = version_new(f, "last", 1, 700, -10, "-1");
    version_new(f, "followed", 2, 300, -1, NULL);
    assert_string_equal("300", drafted(f, old));
    /* sold for another day, it is its own renewal; without a successor it stays what it was */
    struct id still = version_new(f, "still", 1, 500, -10, "1");
    version_new(f, "still", 2, 600, 1, NULL);
    assert_string_equal("500", drafted(f, still));
    assert_string_equal("700", drafted(f, last));
    money_rig_customer(f, &b);
    sql_run(f->platform, "%s", order(f, &b, "renewal", last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_on_sale_is_not_bought_anew),
        cmocka_unit_test(a_renewal_falls_to_the_version_that_took_its_place),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
