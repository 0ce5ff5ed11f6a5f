/* invoice_test.c - one invoice for each settled order, numbered as the ledger has them, without a gap, whoever gives the numbers and
 * however he ends. */
#include "tests/lib/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum { TOGETHER = 6, ROUNDS = 12, EACH = 5 };

/* A customer's next order, settled; its periods are days of 2030. */
static struct id sold(struct money_rig *f, const struct bought *b, int amount, int tax)
{
    struct id id = id_new();
    const char *day = sql_value(&f->arena, f->platform, "select date '2030-01-01' + period_no from public.subscription where id = '%s'",
                                b->subscription.text);
    const char *result;

    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, false, %d, %d, '{}', '{}', now() + "
            "interval '30 days', '%s', 'hash', null)", id.text, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), amount, tax, id.text);
    result = sql_value(&f->arena, f->platform,
        "select (public.order_settle(o.id, o.version, gen_random_uuid(), 'stripe', '%s', 'card', %d, 'CNY', now(), null, null, null, null, "
        "null, s.version, s.period_no + 1, date '%s', date '%s' + 1, '%s 00:00+08', timestamptz '%s 00:00+08' + interval '1 day', '%s', 1)) "
        "->> 'result' from public.orders o join public.subscription s on s.id = o.subscription_id where o.id = '%s'",
        id.text, amount, day, day, day, day, day, id.text);
    assert_string_equal("settled", result);
    return id;
}

static void refund(struct money_rig *f, struct id order, int amount, const char *reference)
{
    const char *params = arena_format(&f->arena, "{\"amount_minor\": %d, \"choice\": \"keep\"}", amount);
    struct id request = money_rig_ask(f, "order.refund", params, reference);

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    sql_run(f->platform, "select public.order_refund('%s', '%s', %d, '%s', 'why', 'keep', '2030-01-10', '2030-01-10', '%s', '%s', '%s')",
            order.text, id_new().text, amount, reference, f->finance.id.text, request.text, reference);
}

static void number(struct money_rig *f)
{
    sql_run(f->lifecycle, "select public.invoice_number(1000)");
}

/* How many violations of I13 the check of everything finds. */
static int violations(struct money_rig *f)
{
    PGresult *rows = PQexec(f->platform, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text);
    int found = 0;

    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(rows));
    for (int i = 0; i < PQntuples(rows); i++)
        found += strcmp(PQgetvalue(rows, i, 0), "I13") == 0;
    PQclear(rows);
    return found;
}

static const char *of_order(struct money_rig *f, struct id order)
{
    return sql_value(&f->arena, f->platform, "select string_agg(i.kind || ' ' || i.amount_minor || ' ' || i.tax_minor || coalesce(' of ' || "
                     "(x.order_id = i.order_id), ''), ', ' order by i.ledger_txn) from public.invoice i left join public.invoice x on x.id "
                     "= i.of_invoice where i.order_id = '%s'", order.text);
}

static void an_order_has_one_invoice_and_what_goes_back_a_credit_note(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    struct id order = sold(f, &b, 29900, 1692), other = sold(f, &b, 10000, 0);
    assert_null(of_order(f, order));
    assert_int_equal(0, violations(f)); /* it is to come */
    number(f);
    number(f);
    assert_string_equal("invoice 29900 1692", of_order(f, order));
    assert_string_equal("invoice 10000 0", of_order(f, other));
    refund(f, order, 10000, "r1");
    refund(f, order, 19900, "r2");
    refund(f, other, 1, "r3");
    number(f);
    assert_string_equal("invoice 29900 1692, credit_note 10000 566 of true, credit_note 19900 1126 of true", of_order(f, order));
    assert_string_equal("invoice 10000 0, credit_note 1 0 of true", of_order(f, other));
    assert_int_equal(0, violations(f));
}

static void numbers_follow_the_ledger_and_begin_anew_each_year(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    sql_run(f->admin, "update public.scan_clock set test_allowed = true");
    for (int year = 0; year < 3; year++) {
        sql_run(f->admin, "update public.scan_clock set test_offset = make_interval(years => 20 + %d)", year);
        for (int i = 0; i < EACH; i++)
            sold(f, &b, 100 + i, 0);
    }
    number(f);
    assert_string_equal("3", sql_value(&f->arena, f->platform, "select count(*) from public.invoice_series where year > 2040 and last = %d", EACH));
    assert_string_equal("t", sql_value(&f->arena, f->platform, "select bool_and(n = place and no = seller || '-' || year || '-00000' || n and "
        "year = extract(year from issued_on)) from (select *, row_number() over (partition by year order by ledger_txn) as place from "
        "public.invoice where year > 2040) x"));
    /* another seller has numbers of its own; what was invoiced keeps its seller as it was named */
    sql_run(f->platform, "select public.seller_set('NORTH', 'North Ltd', 'T-1', true, '%s')", f->finance.id.text);
    struct id order = sold(f, &b, 500, 0);
    number(f);
    sql_run(f->platform, "select public.seller_set('NORTH', 'South Ltd', null, null, '%s')", f->finance.id.text);
    assert_string_equal("NORTH 1 North Ltd", sql_value(&f->arena, f->platform, "select seller || ' ' || n || ' ' || (parties #>> "
                        "'{seller,title}') from public.invoice where order_id = '%s'", order.text));
    money_rig_refused(f->platform, "conflict", arena_format(&f->arena, "select public.seller_set('NORTH', 'x', null, false, '%s')",
                                                            f->finance.id.text));
    sql_run(f->platform, "select public.seller_set('MAIN', 'Main', null, true, '%s')", f->finance.id.text);
    sql_run(f->admin, "update public.scan_clock set test_offset = interval '0'");
    assert_int_equal(0, violations(f));
}

/* A process of its own: it ends by itself, whatever happens. */
static void done_or_gone(PGconn *conn, const char *statement)
{
    ExecStatusType status = PQresultStatus(PQexec(conn, statement));

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        _exit(1);
}

static void number_and_be_gone(struct money_rig *f)
{
    struct arena arena = { 0 };
    PGconn *conn = pg_server_connect(&f->server, &arena, "execgov_lifecycle");

    for (int i = 0; i < 40; i++) {
        /* as a crash between the numbers and the commit does, every third time */
        done_or_gone(conn, "begin");
        done_or_gone(conn, "select public.invoice_number(2)");
        done_or_gone(conn, i % 3 == 2 ? "rollback" : "commit");
    }
    _exit(0);
}

static void there_is_no_gap_whoever_numbers_and_however_he_ends(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[TOGETHER];

        for (int i = 0; i < TOGETHER; i++)
            if ((pids[i] = fork()) == 0)
                number_and_be_gone(f);
        for (int i = 0; i < EACH; i++)
            sold(f, &b, 100, 6);
        kill(pids[round % TOGETHER], SIGKILL);
        for (int i = 0; i < TOGETHER; i++) {
            int status = 0;

            waitpid(pids[i], &status, 0);
            assert_true(i == round % TOGETHER || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        }
        assert_int_equal(0, violations(f));
    }
    number(f);
    assert_string_equal("t", sql_value(&f->arena, f->platform, "select count(*) = 0 from public.invoice_due"));
    assert_string_equal(arena_format(&f->arena, "%d", ROUNDS * EACH), sql_value(&f->arena, f->platform, "select count(*) from "
                        "public.invoice where customer_id = '%s'", b.customer.text));
    assert_int_equal(0, violations(f));
    /* the check can fail: a number that is skipped, an order without one */
    sql_run(f->admin, "begin; update public.invoice_series set last = last + 1 where year = (select max(year) from public.invoice where "
            "customer_id = '%s'); commit", b.customer.text);
    sold(f, &b, 100, 6);
    sql_run(f->admin, "delete from public.invoice_due");
    assert_int_equal(2, violations(f));
    sql_run(f->admin, "update public.invoice_series set last = last - 1 where year = (select max(year) from public.invoice where "
            "customer_id = '%s')", b.customer.text);
    sql_run(f->admin, "insert into public.invoice_due select t.id from public.ledger_txn t where t.kind = 'settle' and not exists (select "
            "from public.invoice i where i.ledger_txn = t.id)");
    number(f);
    assert_int_equal(0, violations(f));
}

static void an_invoice_is_a_fact_and_its_fapiao_is_said_by_people(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    struct id order = sold(f, &b, 29900, 1692);
    number(f);
    const char *id = sql_value(&f->arena, f->platform, "select no from public.invoice where order_id = '%s'", order.text);
    const char *set = "select public.invoice_fapiao_set('%s', '%s', null, %s, %s, %s, '%s') #>> '{fapiao,status}'", *who = f->finance.id.text;
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "update public.invoice set amount_minor = 1 where no = '%s'", id));
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "delete from public.invoice where no = '%s'", id));
    assert_string_equal("42501", sql_state(&f->arena, f->platform, "update public.invoice_series set last = 1"));
    assert_string_equal("requested", sql_value(&f->arena, f->platform, set, id, "requested", "null", "null", "null", who));
    assert_string_equal("issued", sql_value(&f->arena, f->platform, set, id, "issued", "'12345678901234567890'", "'2026-01-05'", "null", who));
    assert_string_equal("issued", sql_value(&f->arena, f->platform, set, id, "issued", "'12345678901234567890'", "'2026-01-05'", "null", who));
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, set, id, "issued", "'92345678901234567890'", "'2026-01-05'", "null", who));
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, set, id, "red_lettered", "'12345678901234567890'", "'2026-01-05'", "null", who));
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, set, id, "issued", "'1'", "'2999-01-05'", "'x'", who));
    assert_string_equal("red_lettered", sql_value(&f->arena, f->platform, set, id, "red_lettered", "'12345678901234567890'", "'2026-01-05'", "'refunded'", who));
    assert_string_equal("none", sql_value(&f->arena, f->platform, set, id, "none", "null", "null", "'mistaken'", who));
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, set, id, "requested", "null", "null", "null", who));
    money_rig_refused(f->platform, "not_found", arena_format(&f->arena, set, "MAIN-1999-000001", "requested", "null", "null", "null", who));
    assert_string_equal("4", sql_value(&f->arena, f->platform, "select count(*) from public.platform_audit where action = 'invoice.fapiao_set'"));
}

/* Two files with one number, each looked at before the other was written. */
static void a_file_of_fapiao_is_judged_again_as_it_is_written(void **state)
{
    struct money_rig *f = *state;
    const char *lines[2], *params[2] = { NULL, f->finance.id.text };
    struct bought b;

    money_rig_customer(f, &b);
    for (int i = 0; i < 2; i++) {
        struct id order = sold(f, &b, 29900, 1692);
        number(f);
        lines[i] = arena_format(&f->arena, "[{\"line\": 2, \"invoice\": \"%s\", \"status\": \"issued\", \"number\": \"77345678901234567890\", "
                                "\"issued_on\": \"2026-01-05\"}]", sql_value(&f->arena, f->platform, "select no from public.invoice where order_id = "
                                "'%s'", order.text));
    }
    sql_run(f->platform, "begin");
    for (int i = 0; i < 3; i++) { /* the first; the second while it is written; the second after it */
        params[0] = lines[i > 0];
        PGconn *conn = i == 1 ? f->admin : f->platform;
        PGresult *done = PQexecParams(conn, sql_queries[SQL_QUERIES_INVOICE_FAPIAO_IMPORT].text, 2, NULL, params, NULL, NULL, 0);
        const char *said = PQresultErrorMessage(done);
        assert_non_null(strstr(i == 0 ? "" : said, i == 0 ? "" : i == 1 ? "lock timeout" : "plan_stale"));
        assert_int_equal(i == 0 ? PGRES_TUPLES_OK : PGRES_FATAL_ERROR, PQresultStatus(done));
        PQclear(done);
        if (i == 1)
            sql_run(f->platform, "commit");
    }
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from public.invoice_fapiao where number = '77345678901234567890'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_has_one_invoice_and_what_goes_back_a_credit_note),
        cmocka_unit_test(numbers_follow_the_ledger_and_begin_anew_each_year),
        cmocka_unit_test(there_is_no_gap_whoever_numbers_and_however_he_ends),
        cmocka_unit_test(an_invoice_is_a_fact_and_its_fapiao_is_said_by_people),
        cmocka_unit_test(a_file_of_fapiao_is_judged_again_as_it_is_written),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
