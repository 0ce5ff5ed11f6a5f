/* refusal_words_test.c - whatever a function of the database refuses has words in both languages: its reason, and what to do.
 *
 * The functions are read as a migrated database keeps them, so that one which a later migration replaced is judged by what it says now.
 */
#include "tests/lib/test.h"

#include <ctype.h>
#include <string.h>

#include "api/refusal.h"
#include "api/skills/skill_slot.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum { TEXT_BYTES = 400 };

static int unworded, seen;

/* The rows of refusal.def, and whether one was chosen for what a function raises. */
static struct row {
    const char *part, *en;
    bool chosen;
} rows[] = {
#define REFUSAL(part, en, zh) { part, en, false },
#include "api/refusal.def"
#undef REFUSAL
};
enum { ROWS = sizeof rows / sizeof *rows };

/* What people are told of it. */
static void judge(const char *function, const char *cause)
{
    struct gov_err err;
    char wire[64] = "";

    sscanf(cause, "%63[a-z_]", wire);
    if (gov_code_from_wire(wire) == GOV_INTERNAL)
        fail_msg("%s raises \"%s\", which is no code", function, cause);
    gov_fail_cause(&err, gov_code_from_wire(wire), "%s", cause);
    skill_slot_explain(&err); /* it names the place, too */
    refusal_explain(&err);
    seen++;
    for (size_t i = 0; i < ROWS; i++)
        rows[i].chosen |= strstr(cause, rows[i].part) && strncmp(err.en, rows[i].en, strcspn(rows[i].en, "%")) == 0;
    if (err.en[0] && err.zh[0] && strcmp(err.en, err.zh) != 0)
        return;
    print_message("%s: \"%s\" has no words: give it a row in api/refusal.def\n", function, cause);
    unworded++;
}

/* The SQL literal at `at`, with % for what is put in at run time left out; behind it, or NULL: it is no literal. */
static const char *literal(const char *at, char text[TEXT_BYTES])
{
    size_t n = 0;

    while (isspace((unsigned char)*at))
        at++;
    if (*at != '\'')
        return NULL;
    for (at++; *at && (*at != '\'' || at[1] == '\''); at++) {
        at += *at == '\'';
        if (n + 1 < TEXT_BYTES)
            text[n++] = *at;
    }
    text[n] = 0;
    return at + 1;
}

static void put_in(char cause[TEXT_BYTES * 2], const char *text, const char *value)
{
    const char *place = strchr(text, '%');

    snprintf(cause, TEXT_BYTES * 2, "%.*s%s%s", (int)(place ? place - text : (long)strlen(text)), text, place ? value : "",
             place ? place + 1 : "");
}

/* raise exception 'code: %', case … then 'text' … end: each text is a refusal of its own. */
static void judge_cases(const char *function, const char *text, const char *from, const char *to)
{
    char cause[TEXT_BYTES * 2], value[TEXT_BYTES];

    for (const char *at = from; at < to; at++) {
        bool leads = strncmp(at, "then '", 6) == 0 || strncmp(at, "else '", 6) == 0;

        if (!leads)
            continue;
        at = literal(at + 4, value);
        assert_non_null(at);
        put_in(cause, text, value);
        judge(function, cause);
    }
}

static void judge_raises(const char *function, const char *source)
{
    static const char raise[] = "raise exception ";
    char text[TEXT_BYTES], cause[TEXT_BYTES * 2];

    for (const char *at = source; (at = strstr(at, raise)); at++) {
        const char *behind = literal(at + strlen(raise), text);
        assert_non_null(behind);
        const char *end = strchr(behind, ';'), *ours = strstr(behind, "'GV000'");

        assert_non_null(end);
        if (!ours || ours > end || strncmp(text, "%: ", 3) == 0)
            continue; /* a bug's, and gov_must's own */
        put_in(cause, text, "x");
        const char *cases = strstr(behind, "case ");
        if (cases && cases < end)
            judge_cases(function, text, cases, end);
        else
            judge(function, cause);
    }
}

/* The bracket that closes the one at `at`. */
static const char *closing(const char *at)
{
    int depth = 0;

    for (; *at; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth == 0)
            return at;
    }
    fail_msg("a bracket is open");
    return at;
}

/* gov_must(holds, 'code'): told with the name of the function that gave up. */
static void judge_musts(const char *function, const char *source)
{
    static const char must[] = "gov_must(";
    char code[TEXT_BYTES], cause[TEXT_BYTES * 2];

    for (const char *at = source; (at = strstr(at, must)); at++) {
        const char *end = closing(at + strlen(must) - 1), *comma = end;

        while (comma > at && *comma != ',')
            comma--;
        assert_non_null(literal(comma + 1, code));
        snprintf(cause, sizeof cause, "%s: " DB_GIVEN_UP " by %s()", code, function);
        judge(function, cause);
    }
}

static void every_refusal_of_the_databases_functions_has_words(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    PGresult *all;

    money_rig_customer(f, &b); /* a tenant's functions are there, too */
    all = PQexec(f->admin, "select p.proname, p.prosrc from pg_catalog.pg_proc p "
                           "join pg_catalog.pg_namespace n on n.oid = p.pronamespace "
                           "where n.nspname = 'public' or n.nspname in (select t.schema from public.tenant t) order by 1");
    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(all));
    unworded = seen = 0;
    for (int i = 0; i < PQntuples(all); i++) {
        judge_raises(PQgetvalue(all, i, 0), PQgetvalue(all, i, 1));
        judge_musts(PQgetvalue(all, i, 0), PQgetvalue(all, i, 1));
    }
    PQclear(all);
    assert_true(seen > 100);
    for (size_t i = 0; i < ROWS; i++) {
        bool by_a_query = strstr(rows[i].part, DB_GIVEN_UP) && !strstr(rows[i].part, "()");

        if (!rows[i].chosen && !by_a_query)
            fail_msg("\"%s\" is told of nothing: no function raises it any more, or another row of api/refusal.def stands before it",
                     rows[i].part);
    }
    assert_int_equal(0, unworded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_of_the_databases_functions_has_words),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
