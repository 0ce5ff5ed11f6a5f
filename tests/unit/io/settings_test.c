#include "core/io/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/test.h"

struct values {
    const char *listen;
    const char *password;
    int64_t lanes;
    bool seed;
};

static const struct setting table[] = {
    { "listen_at", SETTING_TEXT, offsetof(struct values, listen), ":80", 0, 300, false, "where" },
    { "password", SETTING_TEXT, offsetof(struct values, password), "", 0, 0, true, "secret" },
    { "lanes", SETTING_INT, offsetof(struct values, lanes), "4", 1, 64, false, "how many" },
    { "seed", SETTING_BOOL, offsetof(struct values, seed), "false", 0, 0, false, "whether" },
    { 0 }
};

struct fixture {
    struct arena arena;
    struct values values;
    char file[64];
    char out[8192], err[2048]; /* what was printed by the last load */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->file, sizeof f->file, "/tmp/execgov-settings-XXXXXX");
    close(mkstemp(f->file));
    for (const char *const *name = (const char *const[]){ "LISTEN_AT", "PASSWORD", "LANES", "SEED",
                                                          "CONFIG", NULL }; *name; name++) {
        char full[40];
        snprintf(full, sizeof full, "EXECGOV_%s", *name);
        unsetenv(full);
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->file);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static void file_write(struct fixture *f, const char *text)
{
    FILE *out = fopen(f->file, "w");
    assert_true(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static void take(FILE *from, char *text, size_t bytes)
{
    rewind(from);
    text[fread(text, 1, bytes - 1, from)] = 0;
    fclose(from);
}

/* Load with these words of a command line, and catch what is printed. */
static enum settings_next load(struct fixture *f, const char *const *words)
{
    char *argv[12] = { "program" };
    int argc = 1, saved[2] = { dup(1), dup(2) };
    FILE *caught[2] = { tmpfile(), tmpfile() };

    for (; *words; words++)
        argv[argc++] = (char *)*words;
    f->values = (struct values){ 0 };
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        dup2(fileno(caught[i]), i + 1);
    enum settings_next next = settings_load(table, &f->values, "program", "About it.", argc, argv,
                                            &f->arena);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
    }
    take(caught[0], f->out, sizeof f->out);
    take(caught[1], f->err, sizeof f->err);
    return next;
}
#define LOAD(f, ...) load((f), (const char *const[]){ __VA_ARGS__ })

static void defaults_come_from_the_table(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(LOAD(f, NULL), SETTINGS_RUN);
    assert_string_equal(f->values.listen, ":80");
    assert_int_equal(f->values.lanes, 4);
    assert_false(f->values.seed);
    assert_string_equal(f->out, "");
}

static void flags_win_over_environment_and_environment_over_file(void **state)
{
    struct fixture *f = *state;

    file_write(f, "# a comment\n[section]\nlisten_at = file\nlanes = 5\nseed = yes\n");
    setenv("EXECGOV_CONFIG", f->file, 1);
    setenv("EXECGOV_LANES", "6", 1);
    setenv("EXECGOV_LISTEN_AT", "environment", 1);
    assert_int_equal(LOAD(f, "--listen-at", "flag", NULL), SETTINGS_RUN);
    assert_string_equal(f->values.listen, "flag");
    assert_int_equal(f->values.lanes, 6);
    assert_true(f->values.seed);
    setenv("EXECGOV_CONFIG", "/not/there", 1); /* the flag names another file */
    assert_int_equal(LOAD(f, "--config", f->file, "--lanes=7", NULL), SETTINGS_RUN);
    assert_int_equal(f->values.lanes, 7);
    assert_string_equal(f->values.listen, "environment");
}

static void usage(struct fixture *f, enum settings_next next, const char *names)
{
    assert_int_equal(next, SETTINGS_EXIT_USAGE);
    if (!strstr(f->err, names))
        fail_msg("\"%s\" does not name \"%s\"", f->err, names);
}

static void a_wrong_value_names_its_setting_and_its_source(void **state)
{
    struct fixture *f = *state;

    usage(f, LOAD(f, "--lanes", "0", NULL), "command line: lanes must be a whole number from 1 to 64");
    usage(f, LOAD(f, "--lanes", "65", NULL), "lanes");
    usage(f, LOAD(f, "--lanes", "4x", NULL), "4x");
    usage(f, LOAD(f, "--seed", "maybe", NULL), "seed must be true or false");
    usage(f, LOAD(f, "--lains", "4", NULL), "lains");
    usage(f, LOAD(f, "--lanes", NULL), "--lanes needs a value");
    usage(f, LOAD(f, "stray", NULL), "stray");
    setenv("EXECGOV_SEED", "2", 1);
    usage(f, LOAD(f, NULL), "EXECGOV_SEED: seed");
    unsetenv("EXECGOV_SEED");
    usage(f, LOAD(f, "--config", "/not/there", NULL), "/not/there");
}

static void the_first_fault_of_a_file_is_told(void **state)
{
    struct fixture *f = *state;

    file_write(f, "lanes = 99\nnonsense = 1\nseed = maybe\n");
    usage(f, LOAD(f, "--config", f->file, NULL), "lanes");
    file_write(f, "lanes = 9\n\nnot a line\n");
    usage(f, LOAD(f, "--config", f->file, NULL), "line 3");
}

static void a_text_of_the_full_length_fits_through_every_source(void **state)
{
    struct fixture *f = *state;
    char value[302], line[400];

    memset(value, 'x', 301);
    value[301] = 0;
    usage(f, LOAD(f, "--listen-at", value, NULL), "longer than 300");
    value[300] = 0;
    assert_int_equal(LOAD(f, "--listen-at", value, NULL), SETTINGS_RUN);
    assert_string_equal(f->values.listen, value);
    value[170] = 0; /* the parser's lines have 200 bytes; a longer one is a fault, never cut */
    snprintf(line, sizeof line, "listen_at = %s\n", value);
    file_write(f, line);
    assert_int_equal(LOAD(f, "--config", f->file, NULL), SETTINGS_RUN);
    assert_string_equal(f->values.listen, value);
    memset(value, 'x', 300);
    snprintf(line, sizeof line, "listen_at = %s\n", value);
    file_write(f, line);
    if (LOAD(f, "--config", f->file, NULL) == SETTINGS_RUN)
        assert_string_equal(f->values.listen, value);
}

static void secrets_are_never_printed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(LOAD(f, "--password", "hunter2", "--print-config", NULL), SETTINGS_EXIT_OK);
    assert_null(strstr(f->out, "hunter2"));
    assert_non_null(strstr(f->out, "password = [secret]\n"));
    assert_non_null(strstr(f->out, "# how many\nlanes = 4\n"));
    assert_int_equal(LOAD(f, "--password", "hunter2", "--lanes", "x", NULL), SETTINGS_EXIT_USAGE);
    assert_null(strstr(f->err, "hunter2"));
}

static void what_is_printed_can_be_read_back(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(LOAD(f, "--lanes", "9", "--seed", "on", "--print-config", NULL),
                     SETTINGS_EXIT_OK);
    file_write(f, f->out);
    assert_int_equal(LOAD(f, "--config", f->file, NULL), SETTINGS_RUN);
    assert_int_equal(f->values.lanes, 9);
    assert_true(f->values.seed);
}

static void help_lists_every_setting_and_check_config_checks(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(LOAD(f, "--lanes", "wrong", "--help", NULL), SETTINGS_EXIT_OK);
    assert_non_null(strstr(f->out, "About it."));
    assert_non_null(strstr(f->out, "--listen-at"));
    assert_non_null(strstr(f->out, "--lanes"));
    assert_int_equal(LOAD(f, "--version", NULL), SETTINGS_EXIT_OK);
    assert_string_equal(f->out, "program " EXECGOV_VERSION "\n");
    assert_int_equal(LOAD(f, "--check-config", NULL), SETTINGS_EXIT_OK);
    assert_int_equal(LOAD(f, "--check-config", "--lanes", "0", NULL), SETTINGS_EXIT_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_come_from_the_table),
        TEST(flags_win_over_environment_and_environment_over_file),
        TEST(a_wrong_value_names_its_setting_and_its_source),
        TEST(the_first_fault_of_a_file_is_told),
        TEST(a_text_of_the_full_length_fits_through_every_source),
        TEST(secrets_are_never_printed),
        TEST(what_is_printed_can_be_read_back),
        TEST(help_lists_every_setting_and_check_config_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
