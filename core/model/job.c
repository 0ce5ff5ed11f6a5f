#include "core/model/job.h"

#include <stddef.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/word.h"

/* --- words --- */

static const char *const kinds[JOB_KIND_COUNT] = { "intent", "plan", "confirm", "run", "task" };
static const char *const lanes[LANE_COUNT] = { "ctl", "py", "sh", "http", "noop" };
static const char *const classes[CLASS_COUNT] = { "interactive", "normal", "bulk" };

const char *job_kind_name(enum job_kind kind)
{
    return word_of(kinds, JOB_KIND_COUNT, kind);
}

const char *job_lane_name(enum job_lane lane)
{
    return word_of(lanes, LANE_COUNT, lane);
}

const char *job_class_name(enum job_class class)
{
    return word_of(classes, CLASS_COUNT, class);
}

bool job_kind_parse(const char *text, enum job_kind *kind)
{
    int value;
    if (!word_find(kinds, JOB_KIND_COUNT, text, &value))
        return false;
    *kind = (enum job_kind)value;
    return true;
}

bool job_lane_parse(const char *text, enum job_lane *lane)
{
    int value;
    if (!word_find(lanes, LANE_COUNT, text, &value))
        return false;
    *lane = (enum job_lane)value;
    return true;
}

bool job_class_parse(const char *text, enum job_class *class)
{
    int value;
    if (!word_find(classes, CLASS_COUNT, text, &value))
        return false;
    *class = (enum job_class)value;
    return true;
}

enum job_lane job_lane_of(enum job_kind kind, enum skill_executor executor)
{
    static const enum job_lane of[SKILL_EXECUTOR_COUNT] = {
        [SKILL_PYTHON] = LANE_PY,
        [SKILL_SHELL] = LANE_SH,
        [SKILL_HTTP] = LANE_HTTP,
        [SKILL_NOOP] = LANE_NOOP,
    };
    if (kind != JOB_RUN)
        return LANE_CTL;
    CHECK((unsigned)executor < SKILL_EXECUTOR_COUNT);
    return of[executor];
}

/* --- payload: one table for both directions --- */

enum member_kind { MEMBER_TEXT, MEMBER_INT, MEMBER_BOOL, MEMBER_ID, MEMBER_ARRAY, MEMBER_OBJECT };

static const struct {
    const char *name;
    enum member_kind kind;
    size_t offset;
} members[] = {
#define MEMBER(name, kind, field)                                                                  \
    {                                                                                              \
        name, MEMBER_##kind, offsetof(struct job_payload, field)                                   \
    }
    MEMBER("format", INT, format),
    MEMBER("text", TEXT, text),
    MEMBER("plan_only", BOOL, plan_only),
    MEMBER("language", TEXT, language),
    MEMBER("timezone", TEXT, timezone),
    MEMBER("now_us", INT, now_us),
    MEMBER("files", ARRAY, files),
    MEMBER("callback_url", TEXT, callback_url),
    MEMBER("concurrency_key", TEXT, concurrency_key),
    MEMBER("follow_up_of", ID, follow_up_of),
    MEMBER("skills", ARRAY, skills),
    MEMBER("skill", TEXT, skill),
    MEMBER("action", TEXT, action),
    MEMBER("version", INT, version),
    MEMBER("version_digest", TEXT, version_digest),
    MEMBER("runtime_digest", TEXT, runtime_digest),
    MEMBER("platform_digest", TEXT, platform_digest),
    MEMBER("input", OBJECT, input),
    MEMBER("provenance", ARRAY, provenance),
    MEMBER("sensitive", ARRAY, sensitive),
    MEMBER("credentials", OBJECT, credentials),
    MEMBER("idempotent", BOOL, idempotent),
    MEMBER("confirmation", ID, confirmation),
    MEMBER("doubt", BOOL, doubt),
    MEMBER("try", BOOL, is_try),
    MEMBER("run_at_us", INT, run_at_us),
    MEMBER("task", TEXT, task),
    MEMBER("arguments", OBJECT, arguments),
#undef MEMBER
};

static json_t *text_encode(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;
    CHECK(json || !text); /* NULL for a text: it is not UTF-8, which was to be checked before */
    return json;
}

/* NULL: nothing to say. */
static json_t *member_encode(enum member_kind kind, const void *slot)
{
    switch (kind) {
    case MEMBER_TEXT:
        return text_encode(*(const char *const *)slot);
    case MEMBER_INT:
        return *(const int64_t *)slot ? json_integer(*(const int64_t *)slot) : NULL;
    case MEMBER_BOOL:
        return *(const bool *)slot ? json_true() : NULL;
    case MEMBER_ID:
        return id_empty(slot) ? NULL : json_string(((const struct id *)slot)->text);
    default:
        return json_incref(*(json_t *const *)slot);
    }
}

json_t *job_payload_encode(const struct job_payload *payload, struct arena *arena)
{
    json_t *json = json_own(arena, json_object());
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = member_encode(members[i].kind, (const char *)payload + members[i].offset);
        if (value)
            CHECK(json_object_set_new(json, members[i].name, value) == 0);
    }
    return json;
}

static bool member_decode(enum member_kind kind, json_t *value, void *slot)
{
    switch (kind) {
    case MEMBER_TEXT:
        *(const char **)slot = json_string_value(value);
        return json_is_string(value);
    case MEMBER_INT:
        *(int64_t *)slot = json_integer_value(value);
        return json_is_integer(value);
    case MEMBER_BOOL:
        *(bool *)slot = json_is_true(value);
        return json_is_boolean(value);
    case MEMBER_ID:
        return id_parse(json_string_value(value), slot);
    case MEMBER_ARRAY:
        *(json_t **)slot = value;
        return json_is_array(value);
    case MEMBER_OBJECT:
        *(json_t **)slot = value;
        return json_is_object(value);
    }
    return false;
}

bool job_payload_decode(const json_t *json, struct job_payload *payload, struct gov_err *err)
{
    memset(payload, 0, sizeof *payload);
    if (!json_is_object(json))
        return gov_fail_cause(err, GOV_INTERNAL, "job payload: not an object");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = json_object_get(json, members[i].name);
        if (value && !json_is_null(value) &&
            !member_decode(members[i].kind, value, (char *)payload + members[i].offset))
            return gov_fail_cause(err, GOV_INTERNAL, "job payload: %s has the wrong type",
                                  members[i].name);
    }
    return true;
}

/* --- time --- */

enum { BACKOFF_BASE_MS = 1000, BACKOFF_CAP_MS = 5 * 60 * 1000, AT_LEAST_MAX_MS = 24 * 3600 * 1000 };

int64_t job_backoff_ms(const struct job_retry *retry, int64_t attempt, uint64_t random)
{
    int64_t ceiling = retry->base_ms > 0 ? retry->base_ms : BACKOFF_BASE_MS;
    int64_t cap = retry->cap_ms > 0 ? retry->cap_ms : BACKOFF_CAP_MS;
    int64_t at_least = retry->at_least_ms;

    if (at_least < 0)
        at_least = 0;
    if (at_least > AT_LEAST_MAX_MS)
        at_least = AT_LEAST_MAX_MS;
    while (--attempt > 0 && ceiling < cap)
        ceiling = ceiling > cap / 2 ? cap : ceiling * 2;
    if (ceiling > cap)
        ceiling = cap;
    return at_least + (int64_t)(random % ((uint64_t)ceiling + 1));
}

int64_t job_cost_unknown_ms(int64_t timeout_ms)
{
    return timeout_ms < 20 ? 1 : timeout_ms / 10;
}
