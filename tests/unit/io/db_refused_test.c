/* db_refused_test.c - which function gave up is found in what the server says of where it was, in whatever language. */
#include "tests/lib/test.h"

#include "core/io/db/db_refused.h"

static void expect(const char *name, const char *context)
{
    char found[64];

    db_refused_by(context, found, sizeof found);
    assert_string_equal(name, found);
}

static void the_function_that_asked_gave_up(void **state)
{
    (void)state;
    expect("hold_add", "PL/pgSQL function public.gov_must(boolean,text) line 4 at RAISE\n"
                       "SQL statement \"SELECT public.gov_must(p_until > public.lifecycle_now()\n"
                       "        and public.other(p_until), 'invalid_input')\"\n"
                       "PL/pgSQL function public.hold_add(uuid,uuid,text,timestamp with time zone) line 11 at PERFORM\n"
                       "PL/pgSQL function public.outer_one(uuid) line 3 at RETURN");
    expect("hold_add", "在第4行的RAISE的PL/pgSQL函数public.gov_must(boolean,text)\nSQL 语句\"SELECT 1\"\n"
                       "在第11行的PERFORM的PL/pgSQL函数public.hold_add(uuid)");
    expect("hold_add", "PL/pgSQL function hold_add(uuid) line 11 at PERFORM");
}

static void a_query_that_asks_itself_has_no_function(void **state)
{
    (void)state;
    expect("", "PL/pgSQL function public.gov_must(boolean,text) line 4 at RAISE");
    expect("", "");
    expect("", NULL);
    expect("", "PL/pgSQL (");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_that_asked_gave_up),
        cmocka_unit_test(a_query_that_asks_itself_has_no_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
