/* Asking what became of a write: only what the resource's owner listed is believed. */
#include "core/model/resource.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

#define OPERATION_READS                                                                                       \
    "{\"name\":\"find\",\"method\":\"GET\",\"path\":\"/orders\",\"required\":[\"key\"],"                       \
    "\"parameters\":{\"key\":{\"type\":\"string\"},\"sku\":{\"type\":\"string\"},\"shop\":{\"type\":\"integer\"}}}," \
    "{\"name\":\"hidden\",\"method\":\"GET\",\"path\":\"/hidden\",\"allowed\":false},"

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct resource resource;
    struct resource_call write, question;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

/* Of a resource with (or without) an idempotency key, and this query. */
static bool define(struct fixture *f, bool keyed, const char *query)
{
    const char *text = arena_format(
        &f->arena,
        "{\"base_url\":\"https://partner.example\",%s\"operations\":[" OPERATION_READS
        "{\"name\":\"create\",\"method\":\"POST\",\"path\":\"/shops/{shop}/orders\",\"allowed\":true,\"body\":true,"
        "\"parameters\":{\"shop\":{\"type\":\"integer\"}},\"query\":%s}]}",
        keyed ? "\"idempotency_header\":\"Idempotency-Key\"," : "", query);
    struct gov_err bad;
    const json_t *json = json_parse(&f->arena, text, strlen(text), &bad);

    assert_non_null(json);
    memset(&f->err, 0, sizeof f->err);
    return resource_read(json, &f->resource, &f->arena, &f->err);
}

static const char whole[] =
    "{\"operation\":\"find\",\"parameters\":{\"key\":{\"$key\":true},\"sku\":{\"$body\":\"/sku\"},"
    "\"shop\":{\"$parameter\":\"shop\"}},\"done\":{\"status\":[200],\"pointer\":\"/0/id\"},"
    "\"not_done\":{\"status\":[404,200],\"pointer\":\"\",\"equals\":[]}}";

static bool question(struct fixture *f, const char *body)
{
    struct resource_wish wish = { .operation = "create",
                                  .parameters = json_own(&f->arena, json_pack("{s:i}", "shop", 7)),
                                  .body = body,
                                  .body_bytes = strlen(body) };

    if (!resource_call_make(&f->resource, &wish, &f->write, &f->arena, &f->err))
        fail_msg("%s: %s", f->err.path, f->err.en);
    return resource_query_make(&f->resource, &f->write, "run:step", &f->question, &f->arena, &f->err);
}

static void the_question_is_made_of_key_body_and_parameters(void **state)
{
    struct fixture *f = *state;

    assert_true(define(f, true, whole));
    assert_true(question(f, "{\"sku\":\"LAMP 1\"}"));
    assert_string_equal(f->question.method, "GET");
    assert_string_equal(f->question.url, "https://partner.example/orders?key=run%3Astep&sku=LAMP%201&shop=7");
    assert_null(f->question.body);
}

static void a_write_without_what_the_question_needs_is_not_asked_about(void **state)
{
    struct fixture *f = *state;

    assert_true(define(f, true, whole));
    assert_false(question(f, "{\"other\":1}"));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_string_equal(f->err.path, "/parameters/sku");
}

static enum resource_verdict verdict(struct fixture *f, int status, const char *body)
{
    return resource_query_verdict(resource_operation_find(&f->resource, "create")->query, status, body, strlen(body),
                                  &f->arena);
}

static void only_listed_answers_say_anything(void **state)
{
    struct fixture *f = *state;

    assert_true(define(f, true, whole));
    assert_int_equal(verdict(f, 200, "[{\"id\":4}]"), RESOURCE_DONE);
    assert_int_equal(verdict(f, 200, "[]"), RESOURCE_NOT_DONE);
    assert_int_equal(verdict(f, 404, "[]"), RESOURCE_NOT_DONE);
    assert_int_equal(verdict(f, 404, "{\"error\":\"no such page\"}"), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 404, ""), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 200, "[{\"id\":null}]"), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 200, "<html>log in</html>"), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 500, "[]"), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 201, "[{\"id\":4}]"), RESOURCE_NOT_KNOWN);
    assert_true(define(f, false, "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200],"
                                 "\"pointer\":\"/state\",\"equals\":\"paid\"}}"));
    assert_int_equal(verdict(f, 200, "{\"state\":\"paid\"}"), RESOURCE_DONE);
    assert_int_equal(verdict(f, 200, "{\"state\":\"open\"}"), RESOURCE_NOT_KNOWN);
    assert_int_equal(verdict(f, 404, "{}"), RESOURCE_NOT_KNOWN); /* "not done" was never said */
}

static void every_fault_of_a_query_is_named_by_its_place(void **state)
{
    static const struct {
        const char *query, *path;
    } bad[] = {
        { "7", "/operations/2/query" },
        { "{\"operation\":\"none\",\"done\":{\"status\":[200]}}", "/operations/2/query/operation" },
        { "{\"operation\":\"create\",\"done\":{\"status\":[200]}}", "/operations/2/query/operation" },
        { "{\"operation\":\"hidden\",\"done\":{\"status\":[200]}}", "/operations/2/query/operation" },
        { "{\"operation\":\"find\",\"done\":{\"status\":[200]}}", "/operations/2/query/parameters/key" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\",\"no\":1},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/no" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":{\"$key\":true}},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/key" }, /* nobody was told a key */
        { "{\"operation\":\"find\",\"parameters\":{\"key\":{\"$body\":\"sku\"}},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/key" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":{\"$parameter\":\"no\"}},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/key" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":{\"$else\":1}},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/key" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":[1]},\"done\":{\"status\":[200]}}",
          "/operations/2/query/parameters/key" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"}}", "/operations/2/query/done/status" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[500]}}",
          "/operations/2/query/done/status" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200],\"pointer\":\"id\"}}",
          "/operations/2/query/done/pointer" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200],\"equals\":1}}",
          "/operations/2/query/done/equals" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200]},\"not_done\":{\"status\":[]}}",
          "/operations/2/query/not_done/status" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200]},\"within_s\":5}",
          "/operations/2/query/within_s" },
        { "{\"operation\":\"find\",\"parameters\":{\"key\":\"x\"},\"done\":{\"status\":[200]},\"settles\":5}",
          "/operations/2/query/settles" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (define(f, false, bad[i].query))
            fail_msg("taken: %s", bad[i].query);
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
        assert_string_equal(f->err.items[0].path, bad[i].path);
    }
}

static void what_is_stored_reads_back_the_same(void **state)
{
    struct fixture *f = *state;
    struct resource again;

    assert_true(define(f, true, whole));
    const json_t *stored = f->resource.json;
    assert_true(resource_read(stored, &again, &f->arena, &f->err));
    assert_true(json_equal((json_t *)stored, (json_t *)again.json));
    assert_int_equal(resource_operation_find(&again, "create")->query->settle_s, 5);
    assert_int_equal(resource_operation_find(&again, "create")->query->within_s, 900);
    assert_null(resource_operation_find(&again, "find")->query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_question_is_made_of_key_body_and_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_without_what_the_question_needs_is_not_asked_about, setup, teardown),
        cmocka_unit_test_setup_teardown(only_listed_answers_say_anything, setup, teardown),
        cmocka_unit_test_setup_teardown(every_fault_of_a_query_is_named_by_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_stored_reads_back_the_same, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
