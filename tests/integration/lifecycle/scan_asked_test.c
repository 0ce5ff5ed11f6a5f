/* scan_asked_test.c - a scan that a person asked for and a daemon's end breaks off is still asked for. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/scan/preview.h"
#include "lifecycle/scan_asked.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

#define RUN "01900000-0000-7000-8000-0000000000aa"

static void ask(struct scan_rig *f, const char *digest)
{
    sql_run(f->admin, "insert into public.scan_run (id, kind, as_of, state, preview_digest, release_brake, accept_gap) values ('" RUN "', "
            "'apply', public.lifecycle_now(), 'requested', nullif('%s', ''), true, true)", digest);
}

static bool carry_out(struct scan_rig *f, bool stop)
{
    struct gov_err err = { 0 };
    bool carried = false;

    if (!scan_asked_carry_out(f->conn, &stop, &carried, &err))
        fail_msg("%s %s", err.en, err.cause);
    return carried;
}

static const char *stands(struct scan_rig *f)
{
    return sql_value(&f->arena, f->admin, "select concat_ws(' ', state, counts ->> 'shutdowns', finished_at is not null, problem) from "
                     "public.scan_run where id = '" RUN "'");
}

/* More shutdowns than the brake lets through: no other scan would do the rest. */
static void overdue(struct scan_rig *f, int count)
{
    scan_rig_subscriptions(f, count, -20, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription set state = 'grace', state_entered_at = public.lifecycle_now() - interval '9 days', "
            "shutdown_due_at = public.lifecycle_now() - interval '1 day', final_notice_at = public.lifecycle_now() - interval '3 days'");
}

static void one_that_is_broken_off_is_taken_up_again(void **state)
{
    struct scan_rig *f = *state;

    overdue(f, 60);
    ask(f, "");
    assert_true(carry_out(f, true));
    assert_true(text_starts(stands(f), "requested 0 f stopped half way"));
    assert_true(carry_out(f, false));
    assert_string_equal("done 60 t", stands(f));
    assert_false(carry_out(f, false));
    assert_int_equal(60, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
}

/* Half of it was done: what is left is another list than the one that was looked at. */
static void what_is_left_is_done_without_a_new_look(void **state)
{
    struct scan_rig *f = *state;
    struct preview_options look = { 0 };
    struct preview preview;
    struct gov_err err = { 0 };

    overdue(f, 60);
    if (!preview_run(f->conn, &look, &preview, &err))
        fail_msg("%s %s", err.en, err.cause);
    ask(f, "another");
    assert_true(carry_out(f, false));
    assert_true(text_starts(stands(f), "refused 0 t what a scan would do has changed"));
    sql_run(f->admin, "update public.scan_run set state = 'requested', counts = '{\"shutdowns\": 40}', finished_at = null, preview_digest = "
            "'%s' where id = '" RUN "'", preview.digest);
    sql_run(f->admin, "update public.subscription set state = 'shutdown', next_action_at = null where id in (select id from "
            "public.subscription limit 40)");
    assert_true(carry_out(f, false));
    assert_string_equal("done 60 t", stands(f));
    assert_int_equal(60, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
}

/* The preview holds where nothing was done yet. */
static void one_that_was_broken_off_before_it_did_anything_is_as_it_was_looked_at(void **state)
{
    struct scan_rig *f = *state;
    struct preview_options look = { 0 };
    struct preview preview;
    struct gov_err err = { 0 };

    overdue(f, 5);
    if (!preview_run(f->conn, &look, &preview, &err))
        fail_msg("%s %s", err.en, err.cause);
    ask(f, preview.digest);
    assert_true(carry_out(f, true));
    assert_true(text_starts(stands(f), "requested 0 f stopped half way"));
    sql_run(f->admin, "update public.subscription set state = 'shutdown', next_action_at = null where id in (select id from "
            "public.subscription limit 1)");
    assert_true(carry_out(f, false));
    assert_true(text_starts(stands(f), "refused 0 t what a scan would do has changed"));
}

/* "2025b-0+deb12u2" -> "2025b": the package manager's word for it, where there is one. */
static const char *zones_installed(struct scan_rig *f)
{
    char text[64] = "";
    FILE *asked = popen("dpkg-query -W -f '${Version}' tzdata 2>/dev/null", "re");

    if (asked && !fgets(text, sizeof text, asked))
        text[0] = '\0';
    if (asked)
        pclose(asked);
    text[strcspn(text, "-+~")] = '\0';
    return arena_text(&f->arena, text);
}

static void its_row_names_the_time_zone_database_of_the_machine(void **state)
{
    struct scan_rig *f = *state;
    const char *installed = zones_installed(f);

    if (!*installed) {
        print_message("no dpkg-query here that knows tzdata\n");
        skip();
    }
    scan_rig_subscriptions(f, 1, 60, "Asia/Shanghai");
    sql_run(f->admin, "delete from public.scan_run");
    ask(f, "");
    assert_true(carry_out(f, false));
    assert_string_equal(installed, sql_value(&f->arena, f->admin, "select tz_version from public.scan_run where id = '" RUN "'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_broken_off_is_taken_up_again),
        cmocka_unit_test(what_is_left_is_done_without_a_new_look),
        cmocka_unit_test(one_that_was_broken_off_before_it_did_anything_is_as_it_was_looked_at),
        cmocka_unit_test(its_row_names_the_time_zone_database_of_the_machine),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
