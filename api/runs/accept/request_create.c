/* POST /v1/requests: ask in one's own words. parse -> earlier -> accept -> wait -> show. */
#include <string.h>

#include "api/runs/accept/accept.h"
#include "api/runs/runs.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "core/base/text.h"
#include "core/base/zone.h"

struct wish {
    const char *text;
    json_t *files;
    const char *mode;
    int64_t now_us;
    const char *timezone;
    const char *callback_url;
    struct id follow_up_of;
};

struct request_create {
    struct endpoint endpoint;
    struct wish wish;
    struct db_rows followed;
    struct accept accept;
    struct settle_wait wait;
    struct show_one show;
};

static const char *const modes[] = { "auto", "plan", NULL };

static const struct json_field fields[] = {
    { "text", JSON_FIELD_TEXT, true, offsetof(struct wish, text), 1, 4000, NULL },
    { "files", JSON_FIELD_ARRAY, false, offsetof(struct wish, files), 0, 50, NULL },
    { "mode", JSON_FIELD_TEXT, false, offsetof(struct wish, mode), 0, 0, modes },
    { "now", JSON_FIELD_TIME, false, offsetof(struct wish, now_us), 0, 0, NULL },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct wish, timezone), 1, 60, NULL },
    { "callback_url", JSON_FIELD_TEXT, false, offsetof(struct wish, callback_url), 1, 2000, NULL },
    { "follow_up_of", JSON_FIELD_ID, false, offsetof(struct wish, follow_up_of), 0, 0, NULL },
};

static bool files_are_ids(const json_t *files, struct gov_err *err)
{
    const json_t *file;
    struct id id;
    size_t i;
    json_array_foreach (files, i, file)
        if (!id_parse(json_string_value(file), &id))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/files", "format",
                               "files must be a list of file ids; POST /v1/files gives one",
                               "files 必须是文件 id 的列表；POST /v1/files 会返回 id");
    return true;
}

static enum op_next parse(struct op *op)
{
    struct request_create *e = (struct request_create *)op;
    struct call *call = e->endpoint.call;
    struct wish *w = &e->wish;

    w->mode = "auto";
    w->timezone = call->caller.timezone;
    if (!CALL_BODY(call, op, fields, w) || !files_are_ids(w->files, &op->err))
        return OP_FAIL;
    if (strspn(w->text, " \t\r\n") == strlen(w->text))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/text", "min_length", "say what you want",
                           "请说明您的需求"),
               OP_FAIL;
    if (!zone_known(w->timezone))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/timezone", "format",
                           "\"%s\" is not a time zone; use a name like Europe/Berlin",
                           "“%s”不是时区；请使用形如 Asia/Shanghai 的名称", w->timezone),
               OP_FAIL;
    return OP_NEXT;
}

/* One's own, or one that one may read: otherwise it is as if it did not exist. */
static bool followed_visible(struct request_create *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    const char *by = e->followed.count ? db_text(&e->followed, 0, 2) : NULL;
    struct gov_err ignored;

    if (by && (strcmp(by, call->caller.user.text) == 0 || call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return true;
    return gov_fail_at(err, GOV_NOT_FOUND, "/follow_up_of", "unknown",
                       "there is no such request; give the id of one of your own",
                       "没有这个请求；请给出您自己的请求的 id");
}

static enum op_next find_earlier(struct op *op)
{
    struct request_create *e = (struct request_create *)op;
    struct call *call = e->endpoint.call;

    if (!id_empty(&e->wish.follow_up_of))
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_REQUEST_STATE_GET, &e->followed,
                 e->wish.follow_up_of.text);
    return OP_WAIT;
}

static enum op_next accept_it(struct op *op)
{
    struct request_create *e = (struct request_create *)op;
    struct call *call = e->endpoint.call;

    if (!id_empty(&e->wish.follow_up_of) && !followed_visible(e, &op->err))
        return OP_FAIL;
    struct job_payload payload = {
        .text = e->wish.text,
        .language = call->language == GOV_ZH ? "zh" : "en",
        .timezone = e->wish.timezone,
        .now_us = e->wish.now_us,
        .files = e->wish.files,
        .callback_url = e->wish.callback_url,
        .follow_up_of = e->wish.follow_up_of,
    };
    accept_words(op, &e->accept, call, e->wish.text, e->wish.mode, &payload);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct request_create *e = (struct request_create *)op;
    settle_wait(op, &e->wait, e->endpoint.call, &e->accept.id, false, &e->accept.id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct request_create *e = (struct request_create *)op;
    show_one(op, &e->show, e->endpoint.call, &e->accept.id, false, e->wait.settled ? 200 : 202);
    return OP_WAIT;
}

const struct op_step request_create_steps[] = {
    { "parse", parse },      { "earlier", find_earlier }, { "accept", accept_it },
    { "wait", wait_for_it }, { "show", show },            { 0 }
};
const size_t request_create_bytes = sizeof(struct request_create);
