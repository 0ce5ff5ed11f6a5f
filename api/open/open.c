/* GET /open, /invite, /reset and /open/{file}: console/open, embedded.
 *
 * A link in a message is /open#/orders/ID?tenant=T: what it is about stands in the fragment, which no server and no log of
 * one sees. The page loads nothing from elsewhere, may not be framed, and talks to this API only. */
#include "api/open/open.h"

#include <string.h>

#include "api/call.h"
#include "console_open.h"

static void answer(struct call *call, enum console_open file, const char *media_type)
{
    http_reply_header(call->request, "Content-Security-Policy",
                      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
                      "form-action 'none'; frame-ancestors 'none'");
    http_reply_header(call->request, "Referrer-Policy", "no-referrer");
    /* Replicas of two versions answer while one is rolled out: what is kept is asked about. */
    http_reply_header(call->request, "Cache-Control", "no-cache");
    buf_add(&call->body, console_open[file].text, console_open[file].bytes);
    call->status = 200;
    call->media_type = media_type;
}

static enum op_next page(struct op *op)
{
    answer(((struct endpoint *)op)->call, CONSOLE_OPEN_PAGE, "text/html; charset=utf-8");
    return OP_DONE;
}

static enum op_next file(struct op *op)
{
    static const char script[] = "text/javascript; charset=utf-8";
    static const struct {
        const char *name, *media_type;
        enum console_open file;
    } files[] = {
        { "ask.js", script, CONSOLE_OPEN_ASK },
        { "links.js", script, CONSOLE_OPEN_LINKS },
        { "script.js", script, CONSOLE_OPEN_SCRIPT },
        { "style.css", "text/css; charset=utf-8", CONSOLE_OPEN_STYLE },
        { "views.js", script, CONSOLE_OPEN_VIEWS },
        { "words.js", script, CONSOLE_OPEN_WORDS },
    };
    struct call *call = ((struct endpoint *)op)->call;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, call->params[0]) == 0) {
            answer(call, files[i].file, files[i].media_type);
            return OP_DONE;
        }
    return gov_fail(&op->err, GOV_NOT_FOUND, "the page has no such file", "该页面没有此文件"), OP_FAIL;
}

const struct op_step open_page_steps[] = { { "page", page }, { 0 } };
const size_t open_page_bytes = sizeof(struct endpoint);
const struct op_step open_file_steps[] = { { "file", file }, { 0 } };
const size_t open_file_bytes = sizeof(struct endpoint);

const struct route open_routes[] = {
    ROUTE("GET", "/open", ACCESS_ANYBODY, 0, open_page),
    ROUTE("GET", "/invite", ACCESS_ANYBODY, 0, open_page),
    ROUTE("GET", "/reset", ACCESS_ANYBODY, 0, open_page),
    ROUTE("GET", "/open/{file}", ACCESS_ANYBODY, 0, open_file),
    { 0 }
};
