/* What execgov-egress is told of a run, and lets it do, is for the run that is live under that fence and token; to
 * anybody else it says nothing and writes nothing. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

#define STEP "0123456789abcdef-1"

static struct pg_server server;
static struct arena arena;
static PGconn *admin, *egress;
static struct pg_tenant ours, other;
static char digest[64 + 1];

/* Who asks: everything a run has to name, each of which may be wrong. */
struct claim {
    const char *schema;
    struct id job, token;
    int fence;
};

static void skill_make(const char *schema)
{
    struct id skill = id_new();

    memset(digest, 'd', 64);
    sql_run(admin, "insert into %s.skill (id, name, owner) values ('%s', 'caller', '%s')", schema, skill.text, id_new().text);
    sql_run(admin, "insert into %s.skill_version (id, skill_id, number, digest, state, package_file, uploaded_by, manifest) "
            "values ('%s', '%s', 1, '%s', 'published', '%s', '%s', "
            "'{\"actions\": [{\"name\": \"look\", \"resources\": [\"partner\"]}]}')",
            schema, id_new().text, skill.text, digest, id_new().text, id_new().text);
}

/* A run under its third fence; `begun`: it sent a write, and nobody knows what became of it. */
static struct claim live(bool begun)
{
    struct claim c = { ours.schema, id_new(), id_new(), 3 };

    sql_run(admin, "insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) values "
            "('%s', 'run', 'py', 'normal', '%s', '{\"skill\": \"caller\", \"action\": \"look\", \"version\": 1, "
            "\"version_digest\": \"%s\", \"input\": {\"secret\": \"sealed\"}}', 'low', 3, 1000)",
            c.schema, c.job.text, c.job.text, digest);
    sql_run(admin, "insert into %s.job_live (job_id, state, worker, token, fence, attempt, started_at) values "
            "('%s', 'running', '%s', '%s', %d, 1, now())", c.schema, c.job.text, id_new().text, c.token.text, c.fence);
    if (begun)
        sql_run(admin, "insert into %s.effect (job_id, step, state) values ('%s', '" STEP "', 'unknown')", c.schema, c.job.text);
    return c;
}

#define ask(c, format, ...) \
    sql_value(&arena, egress, format, (c)->schema, (c)->job.text, (c)->fence, (c)->token.text, ##__VA_ARGS__)

static const char *run_of(const struct claim *c)
{
    return ask(c, "select public.egress_run('%s', '%s', %d, '%s') -> 'resources' ->> 0");
}

static const char *input_of(const struct claim *c)
{
    return ask(c, "select public.egress_input('%s', '%s', %d, '%s') ->> 'secret'");
}

static const char *start(const struct claim *c)
{
    return ask(c, "select s.state from public.egress_effect_start('%s', '%s', %d, '%s', '" STEP "', '{}', false) s");
}

static const char *found(const struct claim *c)
{
    return ask(c, "select public.egress_effect_found('%s', '%s', %d, '%s', '" STEP "', 'done', '{}')");
}

/* What is written of any run, in either tenant. */
static const char *written(void)
{
    return sql_value(&arena, admin,
                     "select (select string_agg(e::text, ',' order by e::text) from (select * from %1$s.effect union all "
                     "select * from %2$s.effect) e) || (select count(*) from %1$s.audit_event) || "
                     "(select count(*) from %2$s.audit_event)", ours.schema, other.schema);
}

static void says_nothing(const struct claim *c)
{
    assert_null(run_of(c));
    assert_null(input_of(c));
}

static void writes_nothing(const struct claim *c)
{
    const char *before = written();

    assert_string_equal(start(c), "stale");
    assert_string_equal(found(c), "stale");
    assert_string_equal(written(), before);
}

static void the_live_run_is_told_and_lets_be_written(void **state)
{
    struct claim c = live(false);
    (void)state;

    assert_string_equal(run_of(&c), "partner");
    assert_string_equal(input_of(&c), "sealed");
    assert_string_equal(start(&c), "new");
    assert_string_equal(found(&c), "done");
    assert_string_equal(sql_value(&arena, admin, "select state from %s.effect where job_id = '%s'", c.schema, c.job.text), "done");
}

/* Both where it has sent a write before and where it has not: each has a way of its own through the function. */
static void refused(struct claim (*spoil)(struct claim))
{
    for (int begun = 0; begun < 2; begun++) {
        struct claim c = spoil(live(begun));
        says_nothing(&c);
        writes_nothing(&c);
    }
}

static struct claim with_another_token(struct claim c)
{
    c.token = id_new();
    return c;
}

/* Its worker was thought dead, and it was started again elsewhere. */
static struct claim with_an_old_fence(struct claim c)
{
    c.fence--;
    return c;
}

static struct claim of_a_fence_to_come(struct claim c)
{
    c.fence++;
    return c;
}

static struct claim of_another_tenant(struct claim c)
{
    c.schema = other.schema;
    return c;
}

static struct claim ended(struct claim c)
{
    sql_run(admin, "delete from %s.job_live where job_id = '%s'", c.schema, c.job.text);
    sql_run(admin, "insert into %s.job_outcome (job_id, state) values ('%s', 'succeeded')", c.schema, c.job.text);
    return c;
}

/* Given back: it waits for its next attempt with the token it had. */
static struct claim put_off(struct claim c)
{
    sql_run(admin, "update %s.job_live set state = 'delayed', run_at = now() + interval '1 hour' where job_id = '%s'", c.schema, c.job.text);
    return c;
}

static struct claim of_another_run(struct claim c)
{
    c.job = live(false).job;
    return c;
}

static void nobody_else_is_told_or_lets_be_written(void **state)
{
    (void)state;
    refused(with_another_token);
    refused(with_an_old_fence);
    refused(of_a_fence_to_come);
    refused(of_another_tenant);
    refused(of_another_run);
    refused(ended);
    refused(put_off);
}

/* It may call nothing any more; what became of a write that had left is still kept. */
static void a_run_that_somebody_cancels_is_told_nothing_and_its_write_is_known(void **state)
{
    struct claim c = live(true);
    (void)state;

    sql_run(admin, "update %s.job_live set cancel_requested = true where job_id = '%s'", c.schema, c.job.text);
    says_nothing(&c);
    assert_string_equal(found(&c), "done");
}

static void a_token_of_nobody_is_no_token(void **state)
{
    struct claim c = live(false);
    (void)state;

    sql_run(admin, "update %s.job_live set token = null where job_id = '%s'", c.schema, c.job.text);
    says_nothing(&c);
    writes_nothing(&c);
}

/* The name of a schema is pasted into statements: it is one, or it is nothing. */
static void what_is_no_tenants_schema_is_refused(void **state)
{
    static const char *const names[] = { "public", "t_0123", "t_0123456789abcdef; drop", "" };
    struct claim c = live(false);
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(sql_state(&arena, egress, "select public.egress_run('%s', '%s', 3, '%s')", names[i], c.job.text,
                                      c.token.text), "22023");
    c.schema = "t_0123456789abcdef"; /* well formed, and nobody's */
    says_nothing(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_live_run_is_told_and_lets_be_written),
        cmocka_unit_test(nobody_else_is_told_or_lets_be_written),
        cmocka_unit_test(a_run_that_somebody_cancels_is_told_nothing_and_its_write_is_known),
        cmocka_unit_test(a_token_of_nobody_is_no_token),
        cmocka_unit_test(what_is_no_tenants_schema_is_refused),
    };

    pg_server_start(&server);
    arena_init(&arena);
    pg_server_tenant(&server, "Ours", &ours);
    pg_server_tenant(&server, "Other", &other);
    admin = pg_server_connect(&server, &arena, "postgres");
    egress = pg_server_connect(&server, &arena, "execgov_egress");
    skill_make(ours.schema);
    skill_make(other.schema);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    pg_server_stop(&server);
    return failed;
}
