#include "cli/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/test.h"

struct world {
    struct arena arena;
    struct gov_err err;
    char folder[64];
    const char *path;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    arena_init(&w->arena);
    snprintf(w->folder, sizeof w->folder, "/tmp/execgov-profile-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    setenv("EXECGOV_CONFIG_DIR", arena_format(&w->arena, "%s/a/b", w->folder), 1);
    unsetenv("EXECGOV_URL");
    unsetenv("EXECGOV_TOKEN");
    unsetenv("EXECGOV_PROFILE");
    assert_true(profile_path(&w->arena, &w->path, &w->err));
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;

    unlink(w->path);
    rmdir(arena_format(&w->arena, "%s/a/b", w->folder));
    rmdir(arena_format(&w->arena, "%s/a", w->folder));
    rmdir(w->folder);
    arena_release(&w->arena);
    free(w);
    return 0;
}

static void save(struct world *w, const char *name, const char *url, const char *token)
{
    struct profile profile = { .name = name, .url = url, .token = token, .email = "a@b" };

    assert_true(profile_write(&profile, &w->arena, &w->err));
}

static void what_is_written_is_read_and_only_the_owner_can(void **state)
{
    struct world *w = *state;
    struct profile profile;
    struct stat info;
    unsigned mode;

    save(w, "work", "https://a.example", "secret-token");
    save(w, "home", "https://b.example", NULL);
    assert_int_equal(stat(w->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_false(profile_exposed(w->path, &mode));
    assert_true(profile_read("work", NULL, &profile, &w->arena, &w->err));
    assert_string_equal(profile.token, "secret-token");
    assert_string_equal(profile.email, "a@b");
    assert_true(profile_read(NULL, NULL, &profile, &w->arena, &w->err));
    assert_string_equal(profile.name, "home"); /* the last one used */
    assert_null(profile.token);
    chmod(w->path, 0640);
    assert_true(profile_exposed(w->path, &mode));
    assert_int_equal(mode, 0640);
}

static void the_environment_wins(void **state)
{
    struct world *w = *state;
    struct profile profile;

    save(w, "work", "https://a.example", "secret-token");
    setenv("EXECGOV_URL", "http://127.0.0.1:9//", 1);
    setenv("EXECGOV_TOKEN", "other", 1);
    assert_true(profile_read(NULL, NULL, &profile, &w->arena, &w->err));
    assert_string_equal(profile.url, "http://127.0.0.1:9");
    assert_string_equal(profile.token, "other");
    assert_true(profile.token_from_environment);
}

static void a_token_goes_only_to_the_server_it_came_from(void **state)
{
    struct world *w = *state;
    struct profile profile;

    save(w, "work", "https://a.example", "secret-token");
    assert_true(profile_read(NULL, "https://evil.example", &profile, &w->arena, &w->err));
    assert_null(profile.token);
    assert_true(profile_read(NULL, "https://a.example/", &profile, &w->arena, &w->err));
    assert_string_equal(profile.token, "secret-token");
}

static void a_broken_file_is_named_and_never_overwritten(void **state)
{
    struct world *w = *state;
    struct profile profile = { .name = "x", .url = "http://x" };

    save(w, "work", "https://a.example", "secret-token");
    FILE *file = fopen(w->path, "w");
    fputs("{ not json", file);
    fclose(file);
    assert_false(profile_read(NULL, NULL, &profile, &w->arena, &w->err));
    assert_int_equal(w->err.code, GOV_CONFIGURATION);
    assert_non_null(strstr(w->err.en, w->path));
    profile = (struct profile){ .name = "x", .url = "http://x" };
    assert_false(profile_write(&profile, &w->arena, &w->err));
}

static void without_a_file_there_are_defaults(void **state)
{
    struct world *w = *state;
    struct profile profile;

    assert_true(profile_read(NULL, NULL, &profile, &w->arena, &w->err));
    assert_string_equal(profile.name, "default");
    assert_string_equal(profile.url, "http://127.0.0.1:8080");
    assert_null(profile.token);
}

static void keep(struct world *w, const char *name, const char *tenant, const char *token)
{
    struct profile profile = { .name = name, .url = "https://a.example", .token = token, .tenant = tenant };

    assert_true(profile_write(&profile, &w->arena, &w->err));
}

static void a_login_is_found_by_its_name_or_by_its_tenant(void **state)
{
    struct world *w = *state;
    struct profile found;

    keep(w, "own", "Pia's own", "t-own");
    keep(w, "team", "Pia and friends", "t-team");
    keep(w, "again", "Twice", "t-1");
    keep(w, "Twice too", "Twice", "t-2");
    keep(w, "out", "Gone", NULL);
    setenv("EXECGOV_TOKEN", "of somebody else", 1);
    setenv("EXECGOV_URL", "https://evil.example", 1);
    assert_true(profile_find("team", &found, &w->arena, &w->err));
    assert_string_equal(found.token, "t-team");
    assert_string_equal(found.url, "https://a.example");
    assert_false(found.token_from_environment);
    assert_true(profile_find("Pia's own", &found, &w->arena, &w->err));
    assert_string_equal(found.token, "t-own");
    assert_false(profile_find("Twice", &found, &w->arena, &w->err));
    assert_int_equal(w->err.code, GOV_CONFLICT);
    assert_true(profile_find("Twice too", &found, &w->arena, &w->err));
    assert_string_equal(found.token, "t-2");
    for (const char *const *missing = (const char *const[]){ "nobody", "out", "Gone", NULL }; *missing; missing++) {
        assert_false(profile_find(*missing, &found, &w->arena, &w->err));
        assert_int_equal(w->err.code, GOV_NOT_FOUND);
        assert_non_null(strstr(w->err.en, "team (Pia and friends)"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_and_only_the_owner_can, begin, end),
        cmocka_unit_test_setup_teardown(the_environment_wins, begin, end),
        cmocka_unit_test_setup_teardown(a_token_goes_only_to_the_server_it_came_from, begin, end),
        cmocka_unit_test_setup_teardown(a_broken_file_is_named_and_never_overwritten, begin, end),
        cmocka_unit_test_setup_teardown(without_a_file_there_are_defaults, begin, end),
        cmocka_unit_test_setup_teardown(a_login_is_found_by_its_name_or_by_its_tenant, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
