/* GET /livez /readyz /metrics /version /openapi.json /docs: what machines ask. */
#include "api/health/health.h"

#include <string.h>

#include "api/call.h"
#include "openapi.h"

static enum op_next live(struct op *op)
{
    call_json(((struct endpoint *)op)->call, 200, json_pack("{s:s}", "status", "ok"));
    return OP_DONE;
}

static enum op_next ready(struct op *op)
{
    struct call *call = ((struct endpoint *)op)->call;
    bool good;
    json_t *json = service_ready_json(&call->api->service, &good);

    if (!good)
        http_reply_header(call->request, "Retry-After", "1");
    call_json(call, good ? 200 : 503, json);
    return OP_DONE;
}

static enum op_next metrics(struct op *op)
{
    struct call *call = ((struct endpoint *)op)->call;
    metrics_render(&call->api->metrics, &call->body);
    call->status = 200;
    call->media_type = "text/plain; version=0.0.4";
    return OP_DONE;
}

static enum op_next version(struct op *op)
{
    call_json(((struct endpoint *)op)->call, 200, service_version_json("api"));
    return OP_DONE;
}

static enum op_next contract(struct op *op)
{
    struct call *call = ((struct endpoint *)op)->call;
    http_reply_header(call->request, "Cache-Control", "public, max-age=300");
    buf_add(&call->body, openapi[OPENAPI_OPENAPI].text, openapi[OPENAPI_OPENAPI].bytes);
    call->status = 200;
    call->media_type = "application/json";
    return OP_DONE;
}

/* --- /docs: the contract as a page, without a script --- */

static void add_html(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '<')
            buf_add_text(out, "&lt;");
        else if (*text == '&')
            buf_add_text(out, "&amp;");
        else if (*text == '"')
            buf_add_text(out, "&quot;");
        else
            buf_add_char(out, *text);
    }
}

static void add_operation(struct buf *out, const char *method, const char *path, const json_t *o)
{
    static const char *const methods[] = { "get", "post", "put", "patch", "delete" };
    bool known = false;

    for (int i = 0; i < 5; i++)
        known |= strcmp(methods[i], method) == 0;
    if (!known)
        return;
    buf_addf(out, "<tr id=\"%s\"><td><code>%s</code></td><td><code>", json_get_text(o, "operationId"),
             method);
    add_html(out, path);
    buf_add_text(out, "</code></td><td>");
    add_html(out, json_get_text(o, "summary"));
    buf_add_text(out, "</td></tr>\n");
    if (json_get_text(o, "description")) {
        buf_add_text(out, "<tr><td></td><td></td><td><small>");
        add_html(out, json_get_text(o, "description"));
        buf_add_text(out, "</small></td></tr>\n");
    }
}

static enum op_next docs(struct op *op)
{
    struct call *call = ((struct endpoint *)op)->call;
    json_t *document = json_parse(&op->arena, openapi[OPENAPI_OPENAPI].text,
                                  openapi[OPENAPI_OPENAPI].bytes, &op->err);
    const char *path, *method;
    json_t *operations, *operation;

    if (!document)
        return OP_FAIL;
    http_reply_header(call->request, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'");
    buf_add_text(&call->body,
                 "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ExecGov "
                 "API</title><style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em "
                 "auto;padding:0 1em}table{border-collapse:collapse}td{padding:.25em "
                 ".75em;vertical-align:top;border-top:1px solid #ddd}</style><h1>ExecGov "
                 "API</h1><p>The whole contract: <a href=\"/openapi.json\">/openapi.json</a>. Send "
                 "<code>Authorization: Bearer &lt;token&gt;</code>.</p><table>\n");
    json_object_foreach (json_object_get(document, "paths"), path, operations)
        json_object_foreach (operations, method, operation)
            add_operation(&call->body, method, path, operation);
    buf_add_text(&call->body, "</table></html>\n");
    call->status = 200;
    call->media_type = "text/html; charset=utf-8";
    return OP_DONE;
}

const struct op_step livez_steps[] = { { "live", live }, { 0 } };
const size_t livez_bytes = sizeof(struct endpoint);
const struct op_step readyz_steps[] = { { "ready", ready }, { 0 } };
const size_t readyz_bytes = sizeof(struct endpoint);
const struct op_step metrics_get_steps[] = { { "metrics", metrics }, { 0 } };
const size_t metrics_get_bytes = sizeof(struct endpoint);
const struct op_step version_get_steps[] = { { "version", version }, { 0 } };
const size_t version_get_bytes = sizeof(struct endpoint);
const struct op_step openapi_get_steps[] = { { "contract", contract }, { 0 } };
const size_t openapi_get_bytes = sizeof(struct endpoint);
const struct op_step docs_get_steps[] = { { "docs", docs }, { 0 } };
const size_t docs_get_bytes = sizeof(struct endpoint);

const struct route health_routes[] = {
    ROUTE("GET", "/livez", ACCESS_ANYBODY, 0, livez),
    ROUTE("GET", "/readyz", ACCESS_ANYBODY, 0, readyz),
    ROUTE("GET", "/metrics", ACCESS_ANYBODY, 0, metrics_get),
    ROUTE("GET", "/version", ACCESS_ANYBODY, 0, version_get),
    ROUTE("GET", "/openapi.json", ACCESS_ANYBODY, 0, openapi_get),
    ROUTE("GET", "/docs", ACCESS_ANYBODY, 0, docs_get),
    { 0 }
};
