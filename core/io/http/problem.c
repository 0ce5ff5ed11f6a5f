#include "core/io/http/problem.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/io/http/http_reply.h"

enum { RETRY_AFTER_S = 2 };

/* A JSON string of text that may have been cut in the middle of a character. */
static void add_text(struct buf *out, const char *text)
{
    struct buf clean = { 0 };
    size_t bytes = strlen(text);

    if (text_utf8_valid(text, bytes)) {
        buf_add_json_string(out, text, bytes);
        return;
    }
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t n = text_utf8_decode(text + i, bytes - i, &c);
        buf_add(&clean, n ? text + i : "?", n ? n : 1);
        i += n ? n : 1;
    }
    buf_add_json_string(out, buf_text(&clean), clean.length);
    buf_release(&clean);
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "%s\"%s\":", out->length > 1 && out->data[out->length - 1] != '{' ? "," : "",
             name);
    add_text(out, text);
}

static void add_item(struct buf *out, const char *path, const char *code, const char *message)
{
    if (out->data[out->length - 1] == '}')
        buf_add_char(out, ',');
    buf_add_char(out, '{');
    add_member(out, "path", path);
    add_member(out, "code", code);
    add_member(out, "message", message);
    buf_add_char(out, '}');
}

void http_problem_write(struct buf *out, const struct gov_err *err, const char *instance,
                        const char *request_id, enum gov_language language)
{
    const struct gov_code_info *info = gov_code_info(err->code);
    char type[120];

    snprintf(type, sizeof type, "/docs/errors#%s", info->wire);
    buf_add_char(out, '{');
    add_member(out, "type", type);
    add_member(out, "title", gov_text_in(info->title, language));
    buf_addf(out, ",\"status\":%d", info->http_status);
    add_member(out, "code", info->wire);
    add_member(out, "detail", gov_err_detail(err, language));
    if (*instance)
        add_member(out, "instance", instance);
    add_member(out, "request_id", request_id);
    buf_add_text(out, ",\"errors\":[");
    for (size_t i = 0; i < err->item_count; i++)
        add_item(out, err->items[i].path, err->items[i].code,
                 gov_text_in(err->items[i].message, language));
    if (err->item_count == 0 && *err->path)
        add_item(out, err->path, *err->item ? err->item : info->wire,
                 gov_err_detail(err, language));
    buf_add_text(out, "]}");
}

void http_problem(struct http_request *r, const struct gov_err *err, enum gov_language language)
{
    const struct gov_code_info *info = gov_code_info(err->code);
    struct buf body = { 0 };
    char seconds[16];

    http_problem_write(&body, err, r->path, r->request_id, language);
    http_reply_header(r, "Content-Language", language == GOV_ZH ? "zh-CN" : "en");
    http_reply_header(r, "Vary", "Accept-Language");
    if (info->retry_helps) {
        snprintf(seconds, sizeof seconds, "%d",
                 err->retry_after_s > 0 ? err->retry_after_s : RETRY_AFTER_S);
        http_reply_header(r, "Retry-After", seconds);
    }
    if (info->http_status == 401)
        http_reply_header(r, "WWW-Authenticate", "Bearer");
    http_reply(r, info->http_status, "application/problem+json", body.data, body.length);
    buf_release(&body);
}
