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

/* Whatever the window: it can be ordered exactly while it is on sale, and is refused by its own code otherwise. */
static void only_what_is_on_sale_is_ordered_whatever_its_window(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    uint32_t seed = 20261127, ordered = 0;

    money_rig_customer(f, &b);
    for (int i = 0; i < 60; i++) {
        int from = (int)((seed = seed * 1664525 + 1013904223) >> 16) % 7 - 3, to = from + (int)((seed = seed * 1664525 + 1013904223) >> 16) % 5;
        bool endless = (seed >> 8) % 4 == 0, on_sale = from <= 0 && (endless || to > 0);
        const char *edition = arena_format(&f->arena, "window-%d", i);
        struct id version = version_new(f, edition, 1, 100, from, endless ? NULL : arena_format(&f->arena, "%d", to));

        assert_string_equal(on_sale ? version.text : "none", quoted(f, edition));
        if (on_sale)
            sql_run(f->platform, "%s", order(f, &b, "new", version));
        else
            money_rig_refused(f->platform, "not_on_sale", order(f, &b, "new", version));
        ordered += on_sale;
    }
    assert_in_range(ordered, 10, 50);
}

static const char *end_sale(struct money_rig *f, const char *edition, int ver, const char *at)
{
    return arena_format(&f->arena, "select public.edition_end_sale('%s', %d, now() + %s * interval '1 day', 'tried', '%s')", edition, ver,
                        at, f->finance.id.text);
}

static void a_sale_is_ended_once_and_only_brought_forward(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    struct id first = version_new(f, "ends", 1, 100, -10, NULL), second = version_new(f, "ends", 2, 200, 5, NULL);
    money_rig_refused(f->platform, "conflict", end_sale(f, "ends", 1, "-1"));
    sql_run(f->platform, "%s", end_sale(f, "ends", 1, "9"));
    money_rig_refused(f->platform, "conflict", end_sale(f, "ends", 1, "10"));
    sql_run(f->platform, "%s", order(f, &b, "new", first));
    sql_run(f->platform, "%s", end_sale(f, "ends", 1, "null"));
    money_rig_refused(f->platform, "conflict", end_sale(f, "ends", 1, "null"));
    money_rig_refused(f->platform, "not_on_sale", order(f, &b, "new", first));
    /* what was ordered before is what it was */
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from orders where edition_version = '%s' and state = "
                                       "'pending_payment'", first.text));
    /* one that was only announced is never sold */
    sql_run(f->platform, "%s", end_sale(f, "ends", 2, "null"));
    assert_string_equal("t", sql_value(&f->arena, f->admin, "select sold_to = sold_from from edition_version where id = '%s'", second.text));
    assert_string_equal(first.text, sql_value(&f->arena, f->admin, "select renewal_version('%s')", first.text));
    money_rig_refused(f->platform, "not_found", end_sale(f, "ends", 3, "null"));
    money_rig_refused(f->platform, "not_found", end_sale(f, "nothing", 1, "null"));
    money_rig_refused(f->platform, "conflict", end_sale(f, "personal-free", 1, "null"));
    /* still sold for a while, the newest is a successor like any other */
    struct id old = version_new(f, "goes", 1, 100, -10, "-1"), next = version_new(f, "goes", 2, 200, -1, "3");
    assert_string_equal(next.text, sql_value(&f->arena, f->admin, "select renewal_version('%s')", old.text));
}

static void a_version_that_cannot_be_reckoned_is_not_made(void **state)
{
    struct money_rig *f = *state;
    const char *add = "select public.edition_add('%s', null, null, gen_random_uuid(), '%s', '%s')";

    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, add, "team-monthly",
                                                                 "{\"price_minor\": 1, \"currency\": \"CNY\"}", f->finance.id.text));
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, add, "slot-pack-10",
                                                                 "{\"price_minor\": 1, \"currency\": \"CNY\"}", f->finance.id.text));
    money_rig_refused(f->platform, "invalid_input",
                      arena_format(&f->arena, add, "team-yearly", "{\"price_minor\": 1, \"currency\": \"CNY\", \"interval_unit\": "
                                   "\"year\", \"interval_count\": 1, \"policy\": \"nowhere\"}", f->finance.id.text));
}

/* The version that was sold last week was on sale last week. */
static void a_sale_does_not_begin_in_the_past(void **state)
{
    struct money_rig *f = *state;
    const char *add = "select public.edition_add('past', %s, '{\"en\": \"x\", \"zh\": \"x\"}', gen_random_uuid(), jsonb_build_object("
                      "'price_minor', 1, 'currency', 'CNY', 'interval_unit', 'month', 'interval_count', 1, 'sold_from', now() %s), '%s')";

    sql_run(f->platform, add, "'team'", "- interval '4 minutes'", f->finance.id.text);
    assert_string_equal("t", sql_value(&f->arena, f->admin, "select sold_from > now() - interval '1 minute' from edition_version where "
                                       "edition = 'past'"));
    money_rig_refused(f->platform, "invalid_input: sold_from lies in the past",
                      arena_format(&f->arena, add, "null", "- interval '6 minutes'", f->finance.id.text));
    sql_run(f->platform, add, "null", "+ interval '1 day'", f->finance.id.text);
    assert_string_equal("1,2", sql_value(&f->arena, f->admin, "select string_agg(ver::text, ',' order by ver) from edition_version where "
                                         "edition = 'past'"));
}

/* A renewal of what is sold no more is drafted at the customer's terms, and a person is asked, until it is decided. */
static void a_renewal_of_what_is_sold_no_more_is_a_task(void **state)
{
    struct money_rig *f = *state;
    struct id over = version_new(f, "gone", 1, 800, -10, "-1"), sold = version_new(f, "here", 1, 900, -10, NULL);
    struct id ids[] = { over, over, sold };
    const char *ask = "select count(*) from finance_task where kind = 'renewal_not_on_sale' and detail ->> 'subscription' = '%s' and "
                      "(done_at is null) = %s";

    for (int i = 0; i < 3; i++) {
        struct id order = id_new();
        struct bought b;

        money_rig_customer(f, &b);
        sql_run(f->admin, "update public.subscription set state = 'active', edition_version = '%s', period_no = 1, paid_until_date = "
                "current_date + 20, paid_until_at = now() + interval '20 days', paid_from_at = now() - interval '9 days' where id = "
                "'%s'", ids[i].text, b.subscription.text);
        sql_run(f->lifecycle, "select public.order_draft('%s', '%s', '%s', '%s', 800, 0, '{}', 24)", order.text, b.customer.text,
                b.subscription.text, ids[i].text);
        assert_string_equal(i < 2 ? "1" : "0", sql_value(&f->arena, f->admin, ask, b.subscription.text, "true"));
        if (i == 0)
            sql_run(f->platform, "select public.order_cancel('%s', 'cancelled', null, 'other')", order.text);
        else if (i == 1)
            sql_run(f->platform, "select public.subscription_next_edition('%s', 'here', '%s')", b.subscription.text, f->finance.id.text);
        assert_string_equal("0", sql_value(&f->arena, f->admin, ask, b.subscription.text, "true"));
        assert_string_equal(i < 2 ? "1" : "0", sql_value(&f->arena, f->admin, ask, b.subscription.text, "false"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_on_sale_is_ordered_whatever_its_window),
        cmocka_unit_test(a_sale_is_ended_once_and_only_brought_forward),
        cmocka_unit_test(a_version_that_cannot_be_reckoned_is_not_made),
        cmocka_unit_test(a_sale_does_not_begin_in_the_past),
        cmocka_unit_test(a_renewal_of_what_is_sold_no_more_is_a_task),
        cmocka_unit_test(what_is_not_on_sale_is_not_bought_anew),
        cmocka_unit_test(a_renewal_falls_to_the_version_that_took_its_place),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
