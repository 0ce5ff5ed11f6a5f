/* A Redis that wants a login: with the one of the settings work goes on, without it nothing is answered. */
#include "core/io/redis/redis_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/test.h"

#define SECRET "canary-5b7d20-redis"

struct world {
    struct redis_server server;
    struct arena arena;
    char password_file[128];
};

struct command {
    struct redis *redis;
    const char *argv[8];
    struct redis_answer answer;
};

static void send_command(struct op *op, void *arguments)
{
    struct command *c = arguments;
    int argc = 0;

    while (c->argv[argc])
        argc++;
    redis_call(c->redis, op, &c->answer, argc, c->argv, NULL);
}

/* What Redis says to it by that login: its words, or what failed. */
static const char *ask(struct world *w, const struct redis_login *login, struct command command)
{
    struct redis_options options;
    struct op_probe p;
    struct gov_err err;
    struct loop loop;

    assert_true(redis_login_read(login, &w->arena, &options, &err));
    options.command_ms = options.connect_ms = 400;
    loop_init(&loop);
    command.redis = redis_new(&loop, &options);
    op_probe_run(&p, &loop, send_command, &command);
    const char *said = arena_text(&w->arena, command.answer.err ? command.answer.err->cause : command.answer.text);
    op_release(&p.op);
    redis_stop(command.redis);
    assert_true(loop_release(&loop));
    return said;
}

#define ASK(w, login, ...) ask(w, &(login), (struct command){ .argv = { __VA_ARGS__ } })

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    FILE *file;

    redis_server_start(&w->server, false);
    arena_init(&w->arena);
    snprintf(w->password_file, sizeof w->password_file, "%s/password", w->server.dir);
    file = fopen(w->password_file, "w");
    fputs(SECRET "\nwhat else stands there\n", file);
    fclose(file);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;

    redis_server_stop(&w->server);
    arena_release(&w->arena);
    free(w);
    return 0;
}

static void a_named_user_and_the_default_one_log_in(void **state)
{
    struct world *w = *state;
    struct redis_login none = { w->server.address, "", "" }, usual = { w->server.address, "", w->password_file },
                       named = { w->server.address, "execgov", w->password_file };

    assert_string_equal("OK", ASK(w, none, "ACL", "SETUSER", "execgov", "on", ">" SECRET, "~*", "+@all"));
    assert_string_equal("OK", ASK(w, none, "CONFIG", "SET", "requirepass", SECRET));
    assert_non_null(strstr(ASK(w, none, "PING"), "NOAUTH"));
    assert_string_equal("default", ASK(w, usual, "ACL", "WHOAMI"));
    assert_string_equal("execgov", ASK(w, named, "ACL", "WHOAMI"));
}

static void a_wrong_password_is_answered_with_redis_own_words(void **state)
{
    struct world *w = *state;
    struct redis_login usual = { w->server.address, "", w->password_file };

    assert_string_equal("OK", ASK(w, usual, "CONFIG", "SET", "requirepass", "another"));
    const char *said = ASK(w, usual, "PING");
    assert_non_null(strstr(said, "WRONGPASS"));
    assert_null(strstr(said, SECRET));
}

static void what_cannot_be_a_login_is_named_with_its_setting(void **state)
{
    struct world *w = *state;
    struct redis_login missing = { w->server.address, "", "/nowhere/password" }, empty = { w->server.address, "", "/dev/null" },
                       alone = { w->server.address, "execgov", "" }, nowhere = { "nowhere", "", "" };
    struct redis_options options;
    struct gov_err err;

    assert_false(redis_login_read(&missing, &w->arena, &options, &err));
    assert_string_equal(err.path, "redis_password_file");
    assert_false(redis_login_read(&empty, &w->arena, &options, &err));
    assert_string_equal(err.path, "redis_password_file");
    assert_false(redis_login_read(&alone, &w->arena, &options, &err));
    assert_string_equal(err.path, "redis_user");
    assert_false(redis_login_read(&nowhere, &w->arena, &options, &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_user_and_the_default_one_log_in),
        cmocka_unit_test(a_wrong_password_is_answered_with_redis_own_words),
        cmocka_unit_test(what_cannot_be_a_login_is_named_with_its_setting),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
