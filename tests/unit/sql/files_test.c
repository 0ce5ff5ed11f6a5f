/* files_test.c - the house rules of sql/ that a machine can check. */
#include "tests/lib/test.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/io/migrate/migrate_file.h"
#include "sql_public.h"
#include "sql_queries.h"
#include "sql_tenant.h"
#include "sql_verify.h"

static const struct embedded *const TABLES[] = { sql_public, sql_tenant, sql_queries, sql_verify };

static void migrations_are_numbered_without_gaps(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int version = 0;

        for (const struct embedded *file = TABLES[i]; file->name; file++) {
            assert_int_equal(++version, migrate_file_version(file));
            assert_true(strlen(file->name) > 5 && file->name[4] == '_');
        }
    }
}

static void tenant_texts_name_the_schema_everywhere(void **state)
{
    (void)state;
    for (const struct embedded *file = sql_tenant; file->name; file++) {
        static const char *const makes[] = { "create table ", "create view ", "create function ",
                                             "alter table ", "references " };

        for (const char *at = file->text; (at = strstr(at, "{{")); at += 2)
            assert_true(text_starts(at, "{{t}}"));
        for (size_t i = 0; i < sizeof makes / sizeof *makes; i++)
            for (const char *at = file->text; (at = strstr(at, makes[i])); at++)
                if (!text_starts(at + strlen(makes[i]), "{{t}}."))
                    fail_msg("%s: %.60s", file->name, at);
    }
}

static void every_table_view_and_function_has_a_comment(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (const struct embedded *file = TABLES[i]; file->name; file++) {
            for (const char *at = file->text; (at = strstr(at, "\ncreate ")); at++) {
                char kind[20], name[80], comment[140];

                if (sscanf(at, "\ncreate %19s %79[^ (\n]", kind, name) != 2 ||
                    (strcmp(kind, "table") && strcmp(kind, "view") && strcmp(kind, "function")))
                    continue;
                snprintf(comment, sizeof comment, "\ncomment on %s %s", kind, name);
                if (!strstr(file->text, comment))
                    fail_msg("%s: no comment on %s %s", file->name, kind, name);
            }
        }
    }
}

/* Is `word`, of `length` bytes, one that SQL knows, in capitals? */
static bool shouted(const char *word, size_t length)
{
    static const char *const keywords[] = { "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "WHERE",
                                            "FROM", "TABLE", "BEGIN", "JOIN", "INTO", "VALUES" };

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i]) == length && memcmp(keywords[i], word, length) == 0)
            return true;
    return false;
}

static void keywords_are_lower_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        for (const struct embedded *file = TABLES[i]; file->name; file++) {
            for (const char *at = file->text; *at; at++) {
                const char *end = at;

                if (text_starts(at, "--")) {
                    at = strchr(at, '\n');
                    continue;
                }
                if (*at == '\'') { /* a text: what it says is not ours to judge */
                    at = strchr(at + 1, '\'');
                    continue;
                }
                while (isalpha((unsigned char)*end))
                    end++;
                if (end == at)
                    continue;
                if (shouted(at, (size_t)(end - at)))
                    fail_msg("%s: %.*s", file->name, (int)(end - at), at);
                at = end - 1;
            }
        }
    }
}

static void files_end_with_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++)
        for (const struct embedded *file = TABLES[i]; file->name; file++)
            if (!text_ends(file->text, "\n"))
                fail_msg("%s", file->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrations_are_numbered_without_gaps),
        cmocka_unit_test(tenant_texts_name_the_schema_everywhere),
        cmocka_unit_test(every_table_view_and_function_has_a_comment),
        cmocka_unit_test(keywords_are_lower_case),
        cmocka_unit_test(files_end_with_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
