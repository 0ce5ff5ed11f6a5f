/* The whitelist: what is no allowed operation is refused, however it is written. */
#include "core/model/resource.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static const char definition[] =
    "{\"base_url\":\"https://partner.example/api/v1/\",\"auth\":{\"style\":\"bearer\"},"
    "\"headers\":{\"X-Client\":\"execgov\"},\"request_bytes_max\":200,\"operations\":["
    "{\"name\":\"order_get\",\"method\":\"GET\",\"path\":\"/orders/{id}\","
    "\"parameters\":{\"id\":{\"type\":\"integer\",\"minimum\":1},\"full\":{\"type\":\"boolean\"}}},"
    "{\"name\":\"order_list\",\"method\":\"GET\",\"path\":\"/orders\","
    "\"parameters\":{\"status\":{\"type\":\"string\",\"enum\":[\"open\",\"paid\"]}}},"
    "{\"name\":\"file_get\",\"method\":\"GET\",\"path\":\"/files/{name}\","
    "\"parameters\":{\"name\":{\"type\":\"string\"}}},"
    "{\"name\":\"order_create\",\"method\":\"POST\",\"path\":\"/orders\",\"allowed\":true,"
    "\"body\":{\"type\":\"object\",\"properties\":{\"sku\":{\"type\":\"string\"}},\"required\":[\"sku\"]}},"
    "{\"name\":\"note\",\"method\":\"POST\",\"path\":\"/notes\",\"allowed\":true,\"body\":true},"
    "{\"name\":\"order_delete\",\"method\":\"DELETE\",\"path\":\"/orders/{id}\","
    "\"parameters\":{\"id\":{\"type\":\"integer\"}}},"
    "{\"name\":\"secret_get\",\"method\":\"GET\",\"path\":\"/secret\",\"allowed\":false}]}";

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct resource resource;
    struct resource_call call;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    const json_t *json = json_parse(&f.arena, definition, strlen(definition), &f.err);
    assert_non_null(json);
    if (!resource_read(json, &f.resource, &f.arena, &f.err))
        fail_msg("%s: %s", f.err.path, f.err.en);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    return 0;
}

/* GOV_OK, or why not. */
static enum gov_code ask(struct fixture *f, const char *method, const char *url, const char *body)
{
    struct resource_wish wish = { .method = method, .url = url, .body = body,
                                  .body_bytes = body ? strlen(body) : 0 };

    memset(&f->err, 0, sizeof f->err);
    return resource_call_make(&f->resource, &wish, &f->call, &f->arena, &f->err) ? GOV_OK : f->err.code;
}

#define BASE "https://partner.example/api/v1"

static void what_is_listed_is_called_with_an_address_of_our_own_making(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, "GET", BASE "/orders/7?full=true", NULL), GOV_OK);
    assert_string_equal(f->call.operation->name, "order_get");
    assert_string_equal(f->call.url, BASE "/orders/7?full=true");
    assert_string_equal(json_get_text(f->call.headers, "X-Client"), "execgov");
    assert_int_equal(ask(f, "GET", "HTTPS://PARTNER.EXAMPLE:443/api/v1/orders", NULL), GOV_OK);
    assert_string_equal(f->call.url, BASE "/orders");
    assert_int_equal(ask(f, "HEAD", BASE "/orders/7", NULL), GOV_OK);
    assert_string_equal(f->call.method, "HEAD");
    assert_int_equal(ask(f, "POST", BASE "/orders", "{\"sku\":\"a\"}"), GOV_OK);
    assert_int_equal(ask(f, "GET", BASE "/files/a%20b%C3%A9", NULL), GOV_OK);
    assert_string_equal(f->call.url, BASE "/files/a%20b%C3%A9");
}

static void a_write_that_is_not_listed_is_refused_however_it_is_written(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *path;
    } cases[] = {
        { "POST", "/orders/7" },       { "PUT", "/orders" },          { "PATCH", "/orders/7" },
        { "DELETE", "/orders/7" },     { "POST", "/Orders" },         { "POST", "/ORDERS" },
        { "POST", "/orders/" },        { "POST", "//orders" },        { "POST", "/orders//" },
        { "POST", "/./orders" },       { "POST", "/x/../orders" },    { "POST", "/orders/." },
        { "POST", "/orders/.." },      { "POST", "/%2e/orders" },     { "POST", "/%2E%2E/v1/orders" },
        { "POST", "/orders%2F" },      { "POST", "/orders%2f7" },     { "POST", "/orders%5c7" },
        { "POST", "/orders\\7" },      { "POST", "/%6frders" },       { "POST", "/%256frders" },
        { "POST", "/orders%252F7" },   { "POST", "/orders;v=2" },     { "POST", "/orders%3bv=2" },
        { "POST", "/orders%00" },      { "POST", "/orders%0d%0aX:y" }, { "POST", "/orders#x" },
        { "POST", "/orders%" },        { "POST", "/orders%4" },       { "POST", "/orders%zz" },
        { "POST", "/orders%ff" },      { "POST", "/order\xC5\x9B" },  { "POST", "/orders " },
        { "POST", "" },                { "POST", "/" },               { "POST", "/../v2/orders" },
        { "post", "/orders" },         { "Post", "/orders" },         { "CONNECT", "/orders" },
        { "TRACE", "/orders" },        { "OPTIONS", "/orders" },      { "MOVE", "/orders" },
        { "GET /x HTTP/1.1\r\nX: ", "/orders" }, { "", "/orders" },
        { "POST", "/orders?_method=DELETE" }, { "POST", "/orders?_METHOD=PUT" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum gov_code code = ask(f, cases[i].method, arena_format(&f->arena, BASE "%s", cases[i].path),
                                 "{\"sku\":\"a\"}");
        if (code != GOV_WRITE_NOT_WHITELISTED)
            fail_msg("%s %s: %s", cases[i].method, cases[i].path, gov_code_info(code)->wire);
        assert_true(*f->err.en && *f->err.zh);
    }
}

static void a_read_that_is_not_listed_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {
        "/customers", "/orders/7/items", "/secret", "/files/..", "/files/%2e%2e", "/files/a%2fb",
        "/files/a;b", "/files/%252e%252e", "/files/a%5cb", "/files/", "/files//a",
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        enum gov_code code = ask(f, "GET", arena_format(&f->arena, BASE "%s", paths[i]), NULL);
        if (code != GOV_ADDRESS_REFUSED)
            fail_msg("GET %s: %s", paths[i], gov_code_info(code)->wire);
    }
}

static void another_host_scheme_or_port_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const urls[] = {
        "http://partner.example/api/v1/orders",      "https://partner.example:444/api/v1/orders",
        "https://partner.example.evil.example/api/v1/orders", "https://evil.example/api/v1/orders",
        "https://partner.example@evil.example/api/v1/orders", "https://evil.example#partner.example/api/v1/orders",
        "https://user@partner.example/api/v1/orders", "https://partner.example%2eevil.example/api/v1/orders",
        "https://partner.example\\@evil.example/api/v1/orders", "https://partner.example/api/v10/orders",
        "https://partner.example/api/orders", "//partner.example/api/v1/orders", "/api/v1/orders",
        "ftp://partner.example/api/v1/orders", "file:///etc/passwd", "gopher://partner.example/api/v1/orders",
        "https:partner.example/api/v1/orders", "https:///api/v1/orders", "",
    };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        enum gov_code code = ask(f, "GET", urls[i], NULL);
        if (code != GOV_ADDRESS_REFUSED)
            fail_msg("%s: %s", urls[i], gov_code_info(code)->wire);
    }
}

static void parameters_and_bodies_are_held_against_their_schemas(void **state)
{
    struct fixture *f = *state;
    char large[300];

    assert_int_equal(ask(f, "GET", BASE "/orders/x", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "GET", BASE "/orders/0", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "GET", BASE "/orders?status=lost", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "GET", BASE "/orders?other=1", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "GET", BASE "/orders?status=open&status=paid", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "GET", BASE "/orders", "x"), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "POST", BASE "/orders", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask(f, "POST", BASE "/orders", "{}"), GOV_INVALID_INPUT);
    assert_string_equal(f->err.path, "/body/sku");
    assert_int_equal(ask(f, "POST", BASE "/orders", "{"), GOV_BAD_JSON);
    memset(large, ' ', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_int_equal(ask(f, "POST", BASE "/orders", large), GOV_BODY_TOO_LARGE);
}

static enum gov_code ask_with_header(struct fixture *f, const char *name, const char *value)
{
    json_t *headers = json_own(&f->arena, json_pack("{s:s}", name, value));
    struct resource_wish wish = { .method = "GET", .url = BASE "/orders", .headers = headers };

    return resource_call_make(&f->resource, &wish, &f->call, &f->arena, &f->err) ? GOV_OK : f->err.code;
}

static void headers_that_change_the_method_are_refused_and_ours_cannot_be_set(void **state)
{
    struct fixture *f = *state;
    static const char *const overrides[] = { "X-HTTP-Method-Override", "x-http-method", "X-Method-Override",
                                             "X-Original-URL", "X-Rewrite-URL" };
    static const char *const dropped[] = { "Authorization", "Cookie", "Host", "Transfer-Encoding",
                                           "Content-Length", "X-Forwarded-For", "X-Unknown" };

    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        assert_int_equal(ask_with_header(f, overrides[i], "DELETE"), GOV_WRITE_NOT_WHITELISTED);
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        assert_int_equal(ask_with_header(f, dropped[i], "x"), GOV_OK);
        assert_int_equal(json_object_size(f->call.headers), 1);
    }
    assert_int_equal(ask_with_header(f, "Accept", "text/csv"), GOV_OK);
    assert_string_equal(json_get_text(f->call.headers, "Accept"), "text/csv");
    assert_int_equal(ask_with_header(f, "Accept", "a\r\nX: y"), GOV_INVALID_INPUT);
}

static enum gov_code ask_with_body(struct fixture *f, const char *path, const char *type, const char *body)
{
    json_t *headers = json_own(&f->arena, json_pack("{s:s*}", "Content-Type", type));
    struct resource_wish wish = { .method = "POST", .url = arena_format(&f->arena, BASE "%s", path),
                                  .headers = headers, .body = body, .body_bytes = strlen(body) };

    memset(&f->err, 0, sizeof f->err);
    return resource_call_make(&f->resource, &wish, &f->call, &f->arena, &f->err) ? GOV_OK : f->err.code;
}

static void a_body_is_what_it_was_checked_as_and_no_other_call(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *type, *body;
    } overrides[] = {
        { "application/x-www-form-urlencoded", "_method=DELETE" },
        { "application/x-www-form-urlencoded; charset=utf-8", "a=b&%5Fmethod=DELETE" },
        { "APPLICATION/X-WWW-FORM-URLENCODED", "a=b&_METHOD=PUT" },
        { " application/x-www-form-urlencoded", "a&_method" },
        { "application/json", "{\"a\":1,\"_method\":\"DELETE\"}" },
        { "text/plain", "{\"_Method\":\"DELETE\"}" },
        { "application/x-www-form-urlencoded", "a=b&.method=PUT" },
        { "application/x-www-form-urlencoded", "a=b&+_method%00x=PUT" },
        { NULL, "{\"\\u005fmethod\":\"DELETE\"}" },
        { "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--x--" },
    };

    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        if (ask_with_body(f, "/notes", overrides[i].type, overrides[i].body) != GOV_WRITE_NOT_WHITELISTED)
            fail_msg("%s", overrides[i].body);
    assert_int_equal(ask_with_body(f, "/orders", NULL, "{\"sku\":\"a\",\"_method\":\"DELETE\"}"), GOV_WRITE_NOT_WHITELISTED);
    assert_int_equal(ask_with_body(f, "/notes", "application/x-www-form-urlencoded", "a=_method&b_method=1"), GOV_OK);
    assert_int_equal(ask_with_body(f, "/notes", "application/json", "{\"a\":{\"_method\":1}}"), GOV_OK);
    assert_string_equal(json_get_text(f->call.headers, "Content-Type"), "application/json");

    /* Held against a schema, it is JSON for whoever reads it there. */
    static const struct {
        const char *type, *sent;
    } types[] = {
        { NULL, "application/json" },
        { "Application/JSON; charset=utf-7", "application/json" },
        { "application/x-www-form-urlencoded", "application/json" },
        { "application/x-www-form-urlencoded; x=+json", "application/json" },
        { "text/xml, application/a+json", "application/json" },
        { "application/merge-patch+json; charset=utf-8", "application/merge-patch+json" },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_int_equal(ask_with_body(f, "/orders", types[i].type, "{\"sku\":\"&a=b\"}"), GOV_OK);
        assert_string_equal(json_get_text(f->call.headers, "Content-Type"), types[i].sent);
    }
}

static enum gov_code ask_by_name(struct fixture *f, const char *operation, const char *parameters)
{
    struct resource_wish wish = { .operation = operation };

    if (parameters)
        wish.parameters = json_parse(&f->arena, parameters, strlen(parameters), &f->err);
    return resource_call_make(&f->resource, &wish, &f->call, &f->arena, &f->err) ? GOV_OK : f->err.code;
}

static void by_name_the_same_rules_hold(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask_by_name(f, "order_get", "{\"id\":7}"), GOV_OK);
    assert_string_equal(f->call.url, BASE "/orders/7");
    assert_int_equal(ask_by_name(f, "file_get", "{\"name\":\"a b?c#d&e=f%zz\"}"), GOV_OK);
    assert_string_equal(f->call.url, BASE "/files/a%20b%3Fc%23d%26e%3Df%25zz");
    assert_int_equal(ask_by_name(f, "file_get", "{\"name\":\"..\"}"), GOV_INVALID_INPUT);
    assert_int_equal(ask_by_name(f, "file_get", "{\"name\":\"a/b\"}"), GOV_INVALID_INPUT);
    assert_int_equal(ask_by_name(f, "file_get", "{\"name\":\"%2e%2e\"}"), GOV_INVALID_INPUT);
    assert_int_equal(ask_by_name(f, "file_get", "{\"name\":\"\"}"), GOV_INVALID_INPUT);
    assert_int_equal(ask_by_name(f, "file_get", NULL), GOV_INVALID_INPUT);
    assert_int_equal(ask_by_name(f, "order_delete", "{\"id\":7}"), GOV_WRITE_NOT_WHITELISTED);
    assert_int_equal(ask_by_name(f, "no_such", NULL), GOV_WRITE_NOT_WHITELISTED);
    assert_int_equal(ask_by_name(f, "secret_get", NULL), GOV_ADDRESS_REFUSED);
}

/* One partner's pairs, as an import of OpenAPI makes them: what is allowed has a parameter where what is not (or is of
 * high risk, or what the action does not declare) has a word. */
static const char pairs[] =
    "{\"base_url\":\"https://partner.example/api/v1\",\"operations\":["
    "{\"name\":\"order_update\",\"method\":\"POST\",\"path\":\"/orders/{id}\",\"allowed\":true,\"body\":true,"
    "\"parameters\":{\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"order_purge\",\"method\":\"POST\",\"path\":\"/orders/purge\"},"
    "{\"name\":\"order_close\",\"method\":\"POST\",\"path\":\"/orders/close\",\"allowed\":true},"
    "{\"name\":\"order_get\",\"method\":\"GET\",\"path\":\"/orders/{id}\","
    "\"parameters\":{\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"order_export\",\"method\":\"GET\",\"path\":\"/orders/export\",\"risk\":\"high\"},"
    "{\"name\":\"order_report\",\"method\":\"GET\",\"path\":\"/orders/report\"},"
    "{\"name\":\"part_get\",\"method\":\"GET\",\"path\":\"/{kind}/{id}/parts\","
    "\"parameters\":{\"kind\":{\"type\":\"string\"},\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"hidden_get\",\"method\":\"GET\",\"path\":\"/hidden/{id}/parts\",\"allowed\":false,"
    "\"parameters\":{\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"left\",\"method\":\"PUT\",\"path\":\"/a/{x}\",\"allowed\":true,\"body\":true,"
    "\"parameters\":{\"x\":{\"type\":\"string\"}}},"
    "{\"name\":\"right\",\"method\":\"PUT\",\"path\":\"/{y}/b\",\"allowed\":true,\"body\":true,"
    "\"parameters\":{\"y\":{\"type\":\"string\"}}},"
    "{\"name\":\"by_id\",\"method\":\"DELETE\",\"path\":\"/x/{id}\",\"allowed\":true,"
    "\"parameters\":{\"id\":{\"type\":\"string\"}}},"
    "{\"name\":\"by_key\",\"method\":\"DELETE\",\"path\":\"/x/{key}\","
    "\"parameters\":{\"key\":{\"type\":\"string\"}}}]}";

static void a_parameter_does_not_spell_another_operation(void **state)
{
    struct fixture *f = *state;
    const json_t *json = json_parse(&f->arena, pairs, strlen(pairs), &f->err);
    static const struct {
        const char *operation, *parameters, *method, *path;
        enum gov_code code;
    } cases[] = {
        { "order_update", "{\"id\":\"purge\"}", "POST", "/orders/purge", GOV_WRITE_NOT_WHITELISTED },
        /* As servers may read it. */
        { "order_update", "{\"id\":\"PURGE\"}", "POST", "/orders/PURGE", GOV_WRITE_NOT_WHITELISTED },
        { "order_update", "{\"id\":\"purge.json\"}", "POST", "/orders/purge.json", GOV_WRITE_NOT_WHITELISTED },
        { "order_update", "{\"id\":\"purge \"}", "POST", "/orders/purge%20", GOV_WRITE_NOT_WHITELISTED },
        { "order_update", "{\"id\":\"purge\\n\"}", NULL, NULL, GOV_WRITE_NOT_WHITELISTED },
        /* Allowed too, but it is for whoever declares it. */
        { "order_update", "{\"id\":\"close\"}", NULL, NULL, GOV_WRITE_NOT_WHITELISTED },
        { "order_get", "{\"id\":\"export\"}", NULL, NULL, GOV_ADDRESS_REFUSED },
        { "part_get", "{\"kind\":\"hidden\",\"id\":\"7\"}", "GET", "/hidden/7/parts", GOV_ADDRESS_REFUSED },
        { "part_get", "{\"kind\":\"hidden\",\"id\":\"7\"}", "HEAD", "/hidden/7/parts", GOV_ADDRESS_REFUSED },
        /* Nobody can tell which of the two it is. */
        { "left", "{\"x\":\"b\"}", "PUT", "/a/b", GOV_WRITE_NOT_WHITELISTED },
        { "right", "{\"y\":\"a\"}", NULL, NULL, GOV_WRITE_NOT_WHITELISTED },
        { "by_id", "{\"id\":\"7\"}", "DELETE", "/x/7", GOV_WRITE_NOT_WHITELISTED },
        /* What is nobody else's goes on. */
        { "order_update", "{\"id\":\"purged\"}", "POST", "/orders/purged", GOV_OK },
        { "order_update", "{\"id\":\"close.7\"}", "POST", "/orders/close.7", GOV_OK },
        { "order_get", "{\"id\":\"7\"}", "GET", "/orders/7", GOV_OK },
        { "order_get", "{\"id\":\"purge\"}", "GET", "/orders/purge", GOV_OK },
        { "order_get", "{\"id\":\"report.pdf\"}", "GET", "/orders/report.pdf", GOV_OK },
        { "part_get", "{\"kind\":\"boxes\",\"id\":\"7\"}", "GET", "/boxes/7/parts", GOV_OK },
        { "left", "{\"x\":\"c\"}", "PUT", "/a/c", GOV_OK },
    };

    assert_true(resource_read(json, &f->resource, &f->arena, &f->err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum gov_code code = ask_by_name(f, cases[i].operation, cases[i].parameters);
        if (code != cases[i].code)
            fail_msg("%s %s: %s", cases[i].operation, cases[i].parameters, gov_code_info(code)->wire);
        if (cases[i].path)
            code = ask(f, cases[i].method, arena_format(&f->arena, BASE "%s", cases[i].path), NULL);
        if (code != cases[i].code)
            fail_msg("%s %s: %s", cases[i].method, cases[i].path, gov_code_info(code)->wire);
    }
    /* By address it is what the partner takes it for, and is judged as that. */
    assert_int_equal(ask(f, "POST", BASE "/orders/close", NULL), GOV_OK);
    assert_string_equal(f->call.operation->name, "order_close");
    assert_int_equal(ask(f, "GET", BASE "/orders/export", NULL), GOV_OK);
    assert_string_equal(f->call.operation->name, "order_export");
    assert_int_equal(f->call.operation->risk, SKILL_RISK_HIGH);
    assert_int_equal(ask_by_name(f, "order_update", "{\"id\":\"close\"}"), GOV_WRITE_NOT_WHITELISTED);
    assert_non_null(strstr(f->err.en, "order_close"));
    assert_non_null(strstr(f->err.zh, "order_close"));
}

static void pages_are_read_by_pattern_and_by_nothing_else(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{\"kind\":\"web-read\",\"pages\":[\"https://news.example/a/*\","
                               "\"https://docs.example/x/**\"]}";
    const json_t *json = json_parse(&f->arena, text, strlen(text), &f->err);

    assert_true(resource_read(json, &f->resource, &f->arena, &f->err));
    assert_int_equal(ask(f, "GET", "https://news.example/a/b?page=2", NULL), GOV_OK);
    assert_string_equal(f->call.url, "https://news.example/a/b?page=2");
    assert_int_equal(ask(f, "GET", "https://docs.example/x/y/z", NULL), GOV_OK);
    assert_int_equal(ask(f, "GET", "https://news.example/a/b/c", NULL), GOV_ADDRESS_REFUSED);
    assert_int_equal(ask(f, "GET", "https://news.example/a/..", NULL), GOV_ADDRESS_REFUSED);
    assert_int_equal(ask(f, "GET", "https://other.example/a/b", NULL), GOV_ADDRESS_REFUSED);
    assert_int_equal(ask(f, "POST", "https://news.example/a/b", "x"), GOV_WRITE_NOT_WHITELISTED);
}

static void an_action_may_read_what_it_names_and_write_only_what_it_names_whole(void **state)
{
    struct fixture *f = *state;
    json_t *bare = json_own(&f->arena, json_pack("[s]", "partner"));
    json_t *whole = json_own(&f->arena, json_pack("[s]", "partner.order_create"));
    const struct resource_operation *read = resource_operation_find(&f->resource, "order_get");
    const struct resource_operation *write = resource_operation_find(&f->resource, "order_create");

    assert_true(resource_declared(bare, "partner", read));
    assert_false(resource_declared(bare, "partner", write));
    assert_false(resource_declared(bare, "part", read));
    assert_true(resource_declared(whole, "partner", write));
    assert_false(resource_declared(whole, "partner", read));
    assert_false(resource_declared(NULL, "partner", read));
}

static void every_fault_of_a_definition_is_named(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        "{\"base_url\":\"https://u:p@x.example/a?b\",\"auth\":{\"style\":\"header\"},\"colour\":1,"
        "\"timeout_ms\":1,\"headers\":{\"Host\":\"x\"},\"operations\":[{\"name\":\"A\",\"method\":\"BREW\","
        "\"path\":\"/a/{b}/../c\"},{\"name\":\"r\",\"method\":\"GET\",\"path\":\"/r\",\"body\":true}]}";
    static const char *const wanted[] = { "/base_url", "/auth/name", "/colour", "/timeout_ms",
                                          "/headers/Host", "/operations/0/name", "/operations/0/method",
                                          "/operations/0/path", "/operations/1/body" };
    const json_t *json = json_parse(&f->arena, text, strlen(text), &f->err);

    assert_false(resource_read(json, &f->resource, &f->arena, &f->err));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool found = false;
        for (size_t k = 0; k < f->err.item_count; k++)
            found = found || strcmp(f->err.items[k].path, wanted[i]) == 0;
        if (!found)
            fail_msg("no fault at %s", wanted[i]);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(what_is_listed_is_called_with_an_address_of_our_own_making),
        EACH(a_write_that_is_not_listed_is_refused_however_it_is_written),
        EACH(a_read_that_is_not_listed_is_refused),
        EACH(another_host_scheme_or_port_is_refused),
        EACH(parameters_and_bodies_are_held_against_their_schemas),
        EACH(headers_that_change_the_method_are_refused_and_ours_cannot_be_set),
        EACH(a_body_is_what_it_was_checked_as_and_no_other_call),
        EACH(by_name_the_same_rules_hold),
        EACH(a_parameter_does_not_spell_another_operation),
        EACH(pages_are_read_by_pattern_and_by_nothing_else),
        EACH(an_action_may_read_what_it_names_and_write_only_what_it_names_whole),
        EACH(every_fault_of_a_definition_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
