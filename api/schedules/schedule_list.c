/* schedule_list.c - GET /v1/schedules, /v1/schedules/{id}, its firings, and previews of stored and unsaved rules. */
#include <string.h>

#include "api/page.h"
#include "api/schedules/schedule.h"
#include "api/schedules/schedules.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/sealed_value.h"
#include "core/model/slot_input.h"

enum { PREVIEW_DEFAULT = 10, PREVIEW_MAX = 100 };

struct schedule_list {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    struct db_rows rows, firings;
    const char *cron, *timezone; /* of an unsaved rule */
    json_t *input;
    int64_t n;
};

/* --- lists --- */

static enum op_next list(struct op *op)
{
    static const char *const truths[] = { "true", "false", NULL };
    struct schedule_list *e = (struct schedule_list *)op;
    struct call *call = e->endpoint.call;
    const char *skill, *enabled;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "skill", 63, &skill, &op->err) ||
        !page_choice(call, "enabled", truths, &enabled, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SCHEDULE_PAGE, &e->rows,
             e->page.before, e->page.limit, skill, enabled, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->rows); i++)
        json_array_append_new(items, schedule_show(call, &e->rows, i));
    call_list(call, items, page_next(&e->page, &e->rows, 0));
    return OP_DONE;
}

const struct op_step schedule_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t schedule_list_bytes = sizeof(struct schedule_list);

static enum op_next load(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    schedule_load(op, call, e->id.text, &e->rows);
    return OP_WAIT;
}

static enum op_next get_leave(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    return schedule_answer(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step schedule_get_steps[] = { { "load", load }, { "leave", get_leave }, { 0 } };
const size_t schedule_get_bytes = sizeof(struct schedule_list);

static enum op_next firings(struct op *op)
{
    static const char *const states[] = { "asked", "fired", "skipped", "coalesced", "refused", NULL };
    struct schedule_list *e = (struct schedule_list *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!schedule_found(&e->rows, &op->err) || !page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) ||
        !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FIRING_PAGE, &e->firings, e->id.text,
             e->page.before, e->page.limit, state);
    return OP_WAIT;
}

static enum op_next firings_leave(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    struct call *call = e->endpoint.call;
    const struct zone *zone = zone_read(
        json_get_text(db_json(&e->rows, 0, SCHEDULE_JSON, &op->arena), "timezone"), &op->arena);
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->firings); i++) {
        json_t *item = json_copy(db_json(&e->firings, i, 1, &op->arena));
        const char *message = call_localised(call, json_object_get(item, "message"));
        json_object_set_new(item, "message", message ? json_string(message) : json_null());
        json_object_set_new(item, "local", json_string(slot_local_text(db_int(&e->firings, i, 0) / 1000000,
                                                                       zone, &op->arena)));
        json_array_append_new(items, item);
    }
    call_list(call, items, page_next(&e->page, &e->firings, 0));
    return OP_DONE;
}

const struct op_step firing_list_steps[] = { { "load", load }, { "firings", firings },
                                             { "leave", firings_leave }, { 0 } };
const size_t firing_list_bytes = sizeof(struct schedule_list);

/* --- previews --- */

/* The next n firings, each with the input it would have. */
static enum op_next preview(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    struct schedule_rule rule;
    char text[CLOCK_TEXT_BYTES];

    if (!schedule_rule_read(e->cron, e->timezone, &rule, &op->arena, &op->err))
        return OP_FAIL;
    json_t *items = json_own(&op->arena, json_array());
    int64_t slot_s = rule.next_s - 1;
    while ((int64_t)json_array_size(items) < e->n && cron_next(&rule.cron, rule.zone, slot_s, &slot_s)) {
        const json_t *input = slot_input(e->input, "/input", slot_s, rule.zone, &op->arena, &op->err);
        if (!input)
            return OP_FAIL;
        json_t *shown = json_deep_copy(input);
        sealed_value_mask(shown);
        json_array_append_new(
            items, json_pack("{s:s, s:s, s:o}", "fire_at", clock_format(slot_s * 1000000, text), "local",
                             slot_local_text(slot_s, rule.zone, &op->arena), "input", shown));
    }
    call_list(e->endpoint.call, json_incref(items), NULL);
    return OP_DONE;
}

static enum op_next preview_stored(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;
    const char *n = http_request_query(e->endpoint.call->request, "n");

    e->n = PREVIEW_DEFAULT;
    if (!schedule_found(&e->rows, &op->err))
        return OP_FAIL;
    if (n && !text_parse_i64(n, 1, PREVIEW_MAX, &e->n))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "n", "range",
                           "n must be a whole number from 1 to %d", "n 必须是 1 到 %d 的整数",
                           PREVIEW_MAX),
               OP_FAIL;
    const json_t *stored = db_json(&e->rows, 0, SCHEDULE_JSON, &op->arena);
    e->cron = json_get_text(stored, "cron");
    e->timezone = json_get_text(stored, "timezone");
    e->input = json_object_get(stored, "input");
    return OP_NEXT;
}

const struct op_step schedule_preview_steps[] = { { "load", load },
                                                  { "stored", preview_stored },
                                                  { "preview", preview },
                                                  { 0 } };
const size_t schedule_preview_bytes = sizeof(struct schedule_list);

static const struct json_field rule_fields[] = {
    { "cron", JSON_FIELD_TEXT, true, offsetof(struct schedule_list, cron), 0, CRON_TEXT_MAX, NULL },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct schedule_list, timezone), 1, 60, NULL },
    { "input", JSON_FIELD_OBJECT, false, offsetof(struct schedule_list, input), 0, 0, NULL },
    { "n", JSON_FIELD_INT, false, offsetof(struct schedule_list, n), 1, PREVIEW_MAX, NULL },
};

static enum op_next parse(struct op *op)
{
    struct schedule_list *e = (struct schedule_list *)op;

    e->n = PREVIEW_DEFAULT;
    e->timezone = e->endpoint.call->caller.timezone;
    e->input = json_own(&op->arena, json_object());
    return CALL_BODY(e->endpoint.call, op, rule_fields, e) ? OP_NEXT : OP_FAIL;
}

const struct op_step rule_preview_steps[] = { { "parse", parse }, { "preview", preview }, { 0 } };
const size_t rule_preview_bytes = sizeof(struct schedule_list);
