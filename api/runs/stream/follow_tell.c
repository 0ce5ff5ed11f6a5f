/* follow_tell.c - rows of a look as events (schema Event of the OpenAPI document).
 *
 * The id of each is the position behind it, so a reader who comes back with it misses nothing and sees
 * nothing twice. A state that goes on is told before the log, the last one after it.
 */
#include "api/runs/stream/follow_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/runs/show/show.h"
#include "core/base/text.h"
#include "core/model/request.h"

/* `data` is consumed. False: nobody takes it. */
static bool send_event(struct follow *f, const char *kind, json_t *data)
{
    char id[POSITION_BYTES];
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(12));

    json_decref(data);
    if (f->kind == FOLLOW_TENANT)
        position_format_tenant(&f->at, id);
    else
        position_format(&f->at, id);
    bool sent = text && event_stream_send(&f->stream, id, kind, text, strlen(text));
    free(text);
    return sent;
}

static const char *run_of(const struct follow *f)
{
    return id_empty(&f->run) ? NULL : f->run.text;
}

/* Inputs may hold what the schema calls sensitive, and an event does not know: the plan shows them, masked. */
static json_t *event_data(const json_t *stored)
{
    json_t *data = json_copy((json_t *)stored);

    json_object_del(data, "input");
    json_object_del(data, "inputs");
    return data;
}

static bool tell_events(struct follow *f, struct follow_look *look)
{
    for (int i = 0; i < look->events.count; i++) {
        json_t *data = db_json(&look->events, i, 3, &look->op.arena);
        f->at.events = db_int(&look->events, i, 0);
        if (!send_event(f, "event",
                  json_pack("{s:s, s:s, s:I, s:o, s:s?, s:o?}", "kind", "event", "request_id",
                            f->request.text, "seq", (json_int_t)f->at.events, "at",
                            show_time(&look->events, i, 1), "name", db_text(&look->events, i, 2),
                            "data", event_data(data))))
            return false;
    }
    return true;
}

static json_t *log_event(struct follow *f, struct follow_look *look, int row, const char **kind)
{
    const char *stream = db_text(&look->logs, row, 2), *body = db_text(&look->logs, row, 3);
    json_t *data = strcmp(stream, "system") == 0 ? show_progress(body) : json_null();

    *kind = json_is_object(data) ? "progress" : "log";
    if (!json_is_object(data)) {
        json_decref(data);
        data = json_pack("{s:s, s:s}", "stream", stream, "text", body);
    }
    json_object_set_new(data, "kind", json_string(*kind));
    json_object_set_new(data, "request_id", json_string(f->request.text));
    json_object_set_new(data, "run_id", json_string(f->run.text));
    json_object_set_new(data, "seq", json_integer((json_int_t)f->at.logs));
    json_object_set_new(data, "at", show_time(&look->logs, row, 1));
    return data;
}

static bool tell_log(struct follow *f, struct follow_look *look)
{
    for (int i = 0; i < look->logs.count; i++) {
        const char *kind;
        f->at.logs = db_int(&look->logs, i, 0);
        json_t *data = log_event(f, look, i, &kind);
        if (f->kind == FOLLOW_LOG && strcmp(kind, "progress") == 0)
            json_decref(data);
        else if (!send_event(f, kind, data))
            return false;
    }
    return true;
}

static json_t *state_event(const char *kind, const struct db_rows *rows, int row, const char *request,
                           const char *run, const char *state, int code)
{
    return json_pack("{s:s, s:s, s:s?, s:s, s:s?}", "kind", kind, "request_id", request, "run_id", run,
                     "state", state, "code", db_text(rows, row, code));
}

static bool tell_state(struct follow *f, struct follow_look *look, const char *state)
{
    if (f->kind == FOLLOW_LOG || strcmp(f->at.state, state) == 0)
        return true;
    snprintf(f->at.state, sizeof f->at.state, "%s", state);
    return send_event(f, "state",
                state_event("state", &look->state, 0, f->request.text, run_of(f), state, 2));
}

static bool has_ended(const struct follow *f, const char *state)
{
    enum request_state request;
    enum run_state run;

    if (f->kind == FOLLOW_REQUEST)
        return request_state_parse(state, &request) && request_state_ended(request);
    return run_state_parse(state, &run) && run_state_ended(run);
}

/* A page of the log ends early by its rows or by its bytes. */
static bool log_page_full(const struct db_rows *logs)
{
    size_t bytes = 0;
    for (int i = 0; i < logs->count; i++)
        bytes += strlen(db_text(logs, i, 3));
    return logs->count == FOLLOW_CHUNKS || bytes >= FOLLOW_CHUNK_BYTES;
}

void follow_tell(struct follow *f, struct follow_look *look)
{
    const char *state = db_text(&look->state, 0, 0);
    bool ended = has_ended(f, state);

    look->more = log_page_full(&look->logs) || look->events.count == FOLLOW_EVENTS;
    if (!tell_events(f, look) || (!ended && !tell_state(f, look, state)) || !tell_log(f, look))
        return;
    if (!ended || look->more)
        return;
    if (!tell_state(f, look, state))
        return;
    f->at.ended = true;
    send_event(f, "end", state_event("end", &look->state, 0, f->request.text, run_of(f), state, 2));
    f->over = true;
}

/* --- a tenant --- */

/* Was this state of this request told last, as far as we remember? Remembers it. */
static bool told_before(struct follow *f, const char *request, const char *state)
{
    uint64_t key = text_hash(TEXT_HASH, request);
    uint32_t value = (uint32_t)text_hash(TEXT_HASH, state);

    for (int i = 0; i < FOLLOW_RECENT; i++) {
        if (f->recent[i].request != key)
            continue;
        bool same = f->recent[i].state == value;
        f->recent[i].state = value;
        return same;
    }
    f->recent[f->recent_next] = (struct follow_told){ key, value };
    f->recent_next = (f->recent_next + 1) % FOLLOW_RECENT;
    return false;
}

void follow_tell_tenant(struct follow *f, struct follow_look *look)
{
    int64_t newest = db_int(&look->newest, 0, 0), before = f->at.audit;

    for (int i = 0; i < look->state.count; i++) {
        const char *request = db_text(&look->state, i, 1), *state = db_text(&look->state, i, 2);
        int64_t row = db_int(&look->state, i, 0);
        if (row > f->at.audit)
            f->at.audit = row;
        if (told_before(f, request, state))
            continue;
        if (!send_event(f, "state",
                  state_event("state", &look->state, i, request, db_text(&look->state, i, 3), state, 4)))
            return;
    }
    look->more = newest - before >= FOLLOW_AUDIT - FOLLOW_RECENT;
    if (newest > f->at.audit)
        f->at.audit = newest;
}
