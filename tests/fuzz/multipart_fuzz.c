/* A multipart body must give the same parts, or be refused, wherever it is cut. The first two bytes
 * say where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/io/http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

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
    buf_add(ctx, data, bytes);
    return true;
}

static bool on_part_end(void *ctx, struct gov_err *err)
{
    (void)err;
    buf_add_char(ctx, ';');
    return true;
}

static bool parse(const char *text, size_t bytes, size_t cut, struct buf *seen, struct gov_err *err)
{
    static const struct multipart_handlers handlers = { on_part, on_data, on_part_end };
    struct multipart m;

    CHECK(multipart_init(&m, "multipart/form-data; boundary=b", 0, &handlers, seen, err));
    return multipart_feed(&m, text, cut, err) && multipart_feed(&m, text + cut, bytes - cut, err) &&
           multipart_finish(&m, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct buf whole = { 0 }, cut = { 0 };
    struct gov_err whole_err = { 0 }, cut_err = { 0 };

    if (bytes < 2)
        return 0;
    size_t length = bytes - 2, at = (data[0] | (size_t)data[1] << 8) % (length + 1);
    const char *text = (const char *)data + 2;
    bool whole_good = parse(text, length, length, &whole, &whole_err);
    bool cut_good = parse(text, length, at, &cut, &cut_err);
    CHECK(whole_good == cut_good && whole_err.code == cut_err.code);
    CHECK(whole.length == cut.length &&
          memcmp(buf_text(&whole), buf_text(&cut), whole.length) == 0);
    CHECK(strcmp(whole_err.en, cut_err.en) == 0);
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
