#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/io/http/multipart.h"
#include "tests/lib/test.h"

#define TYPE "multipart/form-data; boundary=XyZ"

/* What the callbacks saw, as text: "name|filename|type=data;" */
static bool on_part(void *ctx, const struct multipart_part *part, struct gov_err *err)
{
    (void)err;
    buf_addf(ctx, "%s|%s|%s=", part->name, part->filename ? part->filename : "-",
             part->content_type);
    return true;
}

static bool on_data(void *ctx, const char *data, size_t bytes, struct gov_err *err)
{
    (void)err;
    assert_true(bytes > 0);
    buf_add(ctx, data, bytes);
    return true;
}

static bool on_part_end(void *ctx, struct gov_err *err)
{
    (void)err;
    buf_add_char(ctx, ';');
    return true;
}

static const struct multipart_handlers handlers = { on_part, on_data, on_part_end };

/* Feed `body` cut at `first` and `second`; what was seen goes to `seen`. */
static bool parse(const char *type, const char *body, size_t bytes, size_t first, size_t second,
                  struct buf *seen, struct gov_err *err)
{
    struct multipart m;

    buf_clear(seen);
    return multipart_init(&m, type, 4, &handlers, seen, err) &&
           multipart_feed(&m, body, first, err) &&
           multipart_feed(&m, body + first, second - first, err) &&
           multipart_feed(&m, body + second, bytes - second, err) && multipart_finish(&m, err);
}

static void assert_parses(const char *body, const char *wanted)
{
    struct buf seen = { 0 };
    struct gov_err err = { 0 };
    size_t bytes = strlen(body);

    for (size_t first = 0; first <= bytes; first++)
        for (size_t second = first; second <= bytes; second += second < first + 8 ? 1 : 11) {
            if (!parse(TYPE, body, bytes, first, second, &seen, &err))
                fail_msg("cut at %zu and %zu: %s", first, second, err.en);
            assert_string_equal(buf_text(&seen), wanted);
        }
    buf_release(&seen);
}

/* Refused with the same code wherever it is cut. */
static void assert_refused(const char *body, enum gov_code code, const char *about)
{
    struct buf seen = { 0 };
    struct gov_err err;
    size_t bytes = strlen(body);

    for (size_t cut = 0; cut <= bytes; cut++) {
        memset(&err, 0, sizeof err);
        assert_false(parse(TYPE, body, bytes, cut, cut, &seen, &err));
        assert_int_equal(err.code, code);
        if (!strstr(err.en, about))
            fail_msg("cut at %zu: \"%s\" does not speak of \"%s\"", cut, err.en, about);
    }
    buf_release(&seen);
}

static void fields_and_files_are_told_apart_wherever_the_body_is_cut(void **state)
{
    (void)state;
    assert_parses(
        "preamble\r\n--XyZ\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nvalue\r\n"
        "--XyZ  \r\nContent-Type: text/csv\r\ncontent-disposition: form-data; "
        "filename=\"a b.csv\"; name=file\r\n\r\n1,2\r\n3,4\r\n\r\n--XyZ--\r\nepilogue",
        "name|-|text/plain=value;file|a b.csv|text/csv=1,2\r\n3,4\r\n;");
}

static void data_may_look_like_a_boundary_for_a_while(void **state)
{
    (void)state;
    assert_parses("--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n"
                  "\r\n--Xy\r\n--X\r\r\n\r\r\n--\r\n-\r--XyZ\n--XyZ\r\n--XyZ--",
                  "a|-|text/plain=\r\n--Xy\r\n--X\r\r\n\r\r\n--\r\n-\r--XyZ\n--XyZ;");
}

static void empty_parts_are_parts(void **state)
{
    (void)state;
    assert_parses("--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
                  "--XyZ\r\nContent-Disposition: form-data; name=b; filename=\"\"\r\n"
                  "Content-Type: application/octet-stream\r\n\r\n\r\n--XyZ--\r\n",
                  "a|-|text/plain=;b|-|application/octet-stream=;");
    assert_parses("--XyZ--\r\n", "");
}

static void file_names_may_be_chinese_in_either_spelling(void **state)
{
    (void)state;
    assert_parses(
        "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"报告.csv\"\r\n\r\nx\r\n"
        "--XyZ\r\nContent-Disposition: form-data; name=\"g\"; filename=\"_.csv\"; "
        "filename*=utf-8'zh'%E6%8A%A5%E5%91%8A.csv\r\n\r\ny\r\n"
        "--XyZ\r\nContent-Disposition: form-data; name=\"h\\\"i\"; filename=\"a;b.csv\";\r\n\r\n"
        "z\r\n--XyZ--",
        "f|报告.csv|text/plain=x;g|报告.csv|text/plain=y;h\"i|a;b.csv|text/plain=z;");
}

static void bad_file_names_are_refused(void **state)
{
    static const struct {
        const char *filename, *why;
    } bad[] = {
        { "filename=\"../a\"", "leading_dot" },
        { "filename=\"a/b\"", "slash" },
        { "filename=\"a\\\\b\"", "slash" },
        { "filename=\".bashrc\"", "leading_dot" },
        { "filename=\"\xff\"", "not_utf8" },
        { "filename*=UTF-8''a%2Fb", "slash" },
        { "filename*=UTF-8''a%00", "malformed" },
        { "filename*=latin1''a", "malformed" },
        { "filename*=UTF-8''%zz", "malformed" },
        { "filename=\"a\"; filename=\"b\"", "malformed" },
        { "filename=\"a\xe2\x80\xae.csv\"", "hidden_character" },
    };
    char body[300];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body,
                 "--XyZ\r\nContent-Disposition: form-data; name=f; %s\r\n\r\nx\r\n--XyZ--",
                 bad[i].filename);
        assert_refused(body, GOV_BAD_REQUEST, bad[i].why);
    }
}

static void broken_bodies_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *body, *about;
    } bad[] = {
        { "", "nowhere" },
        { "--Other\r\n\r\n--Other--", "nowhere" },
        { "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue", "closing boundary" },
        { "--XyZ\r\nContent-Disposition: form-data; name=a\r\n", "closing boundary" },
        { "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue\r\n--XyZ",
          "closing boundary" },
        { "--XyZabc\r\n\r\n--XyZ--", "followed by something else" },
        { "--XyZ\n\n--XyZ--", "followed by something else" },
        { "--XyZ-\r\n", "followed by something else" },
        { "--XyZ\r\n\r\nvalue\r\n--XyZ--", "Content-Disposition" },
        { "--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\nv\r\n--XyZ--",
          "Content-Disposition" },
        { "--XyZ\r\nContent-Disposition: form-data\r\n\r\nv\r\n--XyZ--", "no good name" },
        { "--XyZ\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nv\r\n--XyZ--",
          "no good name" },
        { "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--XyZ--", "no good name" },
        { "--XyZ\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
          "name=b\r\n\r\nv\r\n--XyZ--",
          "malformed" },
        { "--XyZ\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nv\r\n--XyZ--", "malformed" },
        { "--XyZ\r\nno colon\r\n\r\nv\r\n--XyZ--", "malformed" },
        { "--XyZ\r\nX: a\001b\r\n\r\nv\r\n--XyZ--", "malformed" },
        { "--XyZ\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
          "base64\r\n\r\n"
          "v\r\n--XyZ--",
          "transfer encoding" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i].body, GOV_BAD_REQUEST, bad[i].about);
}

static void parts_and_their_headers_have_limits(void **state)
{
    struct buf body = { 0 };

    (void)state;
    for (int i = 0; i < 5; i++)
        buf_add_text(&body, "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n");
    buf_add_text(&body, "--XyZ--");
    assert_refused(body.data, GOV_BAD_REQUEST, "more than 4 parts");
    buf_clear(&body);
    buf_add_text(&body, "--XyZ\r\nX: ");
    for (int i = 0; i < 5000; i++)
        buf_add_char(&body, 'x');
    assert_refused(body.data, GOV_HEADERS_TOO_LARGE, "larger than 4096");
    buf_release(&body);
}

static void a_content_type_without_a_good_boundary_is_refused(void **state)
{
    static const char *const bad[] = { "multipart/form-data",
                                       "multipart/form-data; boundary=",
                                       "multipart/form-data; boundary=\"\"",
                                       "multipart/form-data; boundary=a; boundary=b",
                                       "multipart/form-data; boundary=\"a\tb\"",
                                       "multipart/form-data; boundary=\"a" };
    struct multipart m;
    struct gov_err err;
    char long_one[200] = "multipart/form-data; boundary=";

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(multipart_init(&m, bad[i], 0, &handlers, NULL, &err));
        assert_int_equal(err.code, GOV_BAD_REQUEST);
    }
    memset(long_one + strlen(long_one), 'b', 70);
    assert_true(multipart_init(&m, long_one, 0, &handlers, NULL, &err));
    long_one[strlen(long_one)] = 'b';
    assert_false(multipart_init(&m, long_one, 0, &handlers, NULL, &err));
    assert_false(multipart_init(&m, NULL, 0, &handlers, NULL, &err));
    assert_int_equal(err.code, GOV_UNSUPPORTED_MEDIA_TYPE);
    assert_false(multipart_init(&m, "application/json", 0, &handlers, NULL, &err));
    assert_int_equal(err.code, GOV_UNSUPPORTED_MEDIA_TYPE);
    assert_true(multipart_init(&m, "Multipart/Form-Data; charset=x; BOUNDARY=\"a b\"", 0, &handlers,
                               NULL, &err));
}

static bool refuse_data(void *ctx, const char *data, size_t bytes, struct gov_err *err)
{
    (void)ctx;
    (void)data;
    (void)bytes;
    return gov_fail(err, GOV_BODY_TOO_LARGE, "enough", "够了");
}

static void a_handler_can_stop(void **state)
{
    static const struct multipart_handlers stopping = { on_part, refuse_data, on_part_end };
    const char *body = "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue\r\n--XyZ--";
    struct buf seen = { 0 };
    struct multipart m;
    struct gov_err err;

    (void)state;
    assert_true(multipart_init(&m, TYPE, 0, &stopping, &seen, &err));
    assert_false(multipart_feed(&m, body, strlen(body), &err));
    assert_int_equal(err.code, GOV_BODY_TOO_LARGE);
    buf_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_files_are_told_apart_wherever_the_body_is_cut),
        cmocka_unit_test(data_may_look_like_a_boundary_for_a_while),
        cmocka_unit_test(empty_parts_are_parts),
        cmocka_unit_test(file_names_may_be_chinese_in_either_spelling),
        cmocka_unit_test(bad_file_names_are_refused),
        cmocka_unit_test(broken_bodies_are_refused_with_a_reason),
        cmocka_unit_test(parts_and_their_headers_have_limits),
        cmocka_unit_test(a_content_type_without_a_good_boundary_is_refused),
        cmocka_unit_test(a_handler_can_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
