/* encode.c - a plan as it is stored, with everything in it, and back. */
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/plan.h"
#include "core/model/word.h"

static const char *const sources[] = { "explicit", "typed", "guess", "default", "previous" };
enum { SOURCE_COUNT = sizeof sources / sizeof *sources };

const char *plan_source_name(enum plan_source source)
{
    return word_of(sources, SOURCE_COUNT, source);
}

bool plan_source_parse(const char *text, enum plan_source *source)
{
    int value;
    if (!word_find(sources, SOURCE_COUNT, text, &value))
        return false;
    *source = (enum plan_source)value;
    return true;
}

/* --- out --- */

/* A NULL means text that is not UTF-8, which is checked before it comes here. */
static void add(json_t *list, json_t *item)
{
    CHECK(item && json_array_append_new(list, item) == 0);
}

static json_t *pair(struct gov_text text)
{
    return json_pack("{s:s, s:s}", "en", text.en, "zh", text.zh);
}

static json_t *encode_step(const struct plan_step *s)
{
    json_t *sensitive = json_array(), *provenance = json_array(), *files = json_array();
    json_t *resources = json_array();

    for (size_t i = 0; i < s->sensitive_count; i++)
        add(sensitive, json_string(s->sensitive[i]));
    for (size_t i = 0; i < s->provenance_count; i++)
        add(provenance, json_pack("{s:s, s:s, s:[I, I]}", "path", s->provenance[i].path, "source",
                                  plan_source_name(s->provenance[i].source), "span",
                                  (json_int_t)s->provenance[i].span_start,
                                  (json_int_t)s->provenance[i].span_end));
    for (size_t i = 0; i < s->file_count; i++)
        add(files, json_pack("{s:s, s:s, s:s, s:I, s:s}", "path", s->files[i].path, "id",
                             s->files[i].id.text, "name", s->files[i].name, "bytes",
                             (json_int_t)s->files[i].bytes, "sha256", s->files[i].sha256));
    for (size_t i = 0; i < s->resource_count; i++)
        add(resources,
            json_pack("{s:s, s:s, s:s, s:I}", "name", s->resources[i].name, "method",
                      s->resources[i].method, "path", s->resources[i].path, "credential_version",
                      (json_int_t)s->resources[i].credential_version));
    json_t *step = json_pack("{s:s, s:s, s:o, s:I, s:s, s:s, s:s, s:O, s:o, s:o, s:o, s:o, s:o}", "skill",
                     s->skill, "action", s->action, "title", pair(s->title), "version",
                     (json_int_t)s->version, "version_digest", s->version_digest, "runtime",
                     s->runtime, "runtime_digest", s->runtime_digest, "input", s->input,
                     "sensitive", sensitive, "provenance", provenance, "files", files, "resources",
                     resources, "effects",
                     s->effects ? json_incref((json_t *)s->effects) : json_array());
    if (step && s->platform_digest)
        json_object_set_new(step, "platform_digest", json_string(s->platform_digest));
    return step;
}

static json_t *encode_confirmation(const struct plan_confirmation *c)
{
    json_t *approvers = json_array();
    for (size_t i = 0; i < c->approver_count; i++)
        add(approvers,
            json_pack("{s:s, s:s}", "id", c->approvers[i].id.text, "name", c->approvers[i].name));
    return json_pack("{s:b, s:I, s:b, s:I, s:o}", "required", c->required, "people",
                     (json_int_t)c->people, "other_than_requester", c->other_than_requester,
                     "expires_at_us", (json_int_t)c->expires_at_us, "approvers", approvers);
}

json_t *plan_encode(const struct plan *plan, struct arena *arena)
{
    char digest[PLAN_DIGEST_BYTES];
    json_t *steps = json_array(), *checks = json_array();

    for (size_t i = 0; i < plan->step_count; i++)
        add(steps, encode_step(&plan->steps[i]));
    for (size_t i = 0; i < plan->check_count; i++)
        add(checks, json_pack("{s:s, s:b, s:o}", "name", plan->checks[i].name, "ok",
                              plan->checks[i].ok, "detail", pair(plan->checks[i].detail)));
    json_t *json = json_pack(
        "{s:i, s:s, s:s, s:s, s:I, s:s, s:o, s:o, s:o}", "plan", 1, "digest",
        plan_digest(plan, digest), "tenant", plan->tenant.text, "requester", plan->requester.text,
        "policy_version", (json_int_t)plan->policy_version, "risk", skill_risk_name(plan->risk),
        "steps", steps, "confirmation", encode_confirmation(&plan->confirmation), "checks", checks);
    CHECK(json);
    if (plan->expected.runs)
        json_object_set_new(json, "expected",
                            json_pack("{s:I, s:I, s:I}", "runs", (json_int_t)plan->expected.runs,
                                      "usual_ms", (json_int_t)plan->expected.usual_ms, "slow_ms",
                                      (json_int_t)plan->expected.slow_ms));
    return json_own(arena, json);
}

/* --- in --- */

/* Everything that must be there is asked for through these; the first that is
 * not fails the rest. */
struct decoder {
    struct arena *arena;
    const char *missing; /* NULL: all well so far */
};

static const char *need_text(struct decoder *d, const json_t *object, const char *name)
{
    const char *text = json_get_text(object, name);
    if (!text)
        d->missing = name;
    return text;
}

static int64_t need_int(struct decoder *d, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value))
        d->missing = name;
    return json_integer_value(value);
}

static bool need_bool(struct decoder *d, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_boolean(value))
        d->missing = name;
    return json_is_true(value);
}

static struct id need_id(struct decoder *d, const json_t *object, const char *name)
{
    struct id id;
    if (!id_parse(json_get_text(object, name), &id))
        d->missing = name;
    return id;
}

static const json_t *need_array(struct decoder *d, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_array(value))
        d->missing = name;
    return value;
}

static struct gov_text need_pair(struct decoder *d, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    struct gov_text text;
    text.en = need_text(d, value, "en");
    text.zh = need_text(d, value, "zh");
    return text;
}

static void decode_files(struct decoder *d, const json_t *json, struct plan_step *step)
{
    const json_t *list = need_array(d, json, "files");
    struct plan_file *files = ARENA_ARRAY(d->arena, struct plan_file, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *f = json_array_get(list, i);
        files[i] = (struct plan_file){ need_text(d, f, "path"), need_id(d, f, "id"),
                                       need_text(d, f, "name"), need_int(d, f, "bytes"),
                                       need_text(d, f, "sha256") };
    }
    step->files = files;
    step->file_count = json_array_size(list);
}

static void decode_resources(struct decoder *d, const json_t *json, struct plan_step *step)
{
    const json_t *list = need_array(d, json, "resources");
    struct plan_resource *all =
        ARENA_ARRAY(d->arena, struct plan_resource, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *r = json_array_get(list, i);
        all[i] =
            (struct plan_resource){ need_text(d, r, "name"), need_text(d, r, "method"),
                                    need_text(d, r, "path"), need_int(d, r, "credential_version") };
    }
    step->resources = all;
    step->resource_count = json_array_size(list);
}

static void decode_provenance(struct decoder *d, const json_t *json, struct plan_step *step)
{
    const json_t *list = need_array(d, json, "provenance");
    struct plan_provenance *all =
        ARENA_ARRAY(d->arena, struct plan_provenance, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        const json_t *span = need_array(d, p, "span");
        all[i].path = need_text(d, p, "path");
        all[i].span_start = json_integer_value(json_array_get(span, 0));
        all[i].span_end = json_integer_value(json_array_get(span, 1));
        if (!plan_source_parse(json_get_text(p, "source"), &all[i].source))
            d->missing = "source";
    }
    step->provenance = all;
    step->provenance_count = json_array_size(list);
}

static void decode_sensitive(struct decoder *d, const json_t *json, struct plan_step *step)
{
    const json_t *list = need_array(d, json, "sensitive");
    const char **all = ARENA_ARRAY(d->arena, const char *, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        all[i] = json_string_value(json_array_get(list, i));
        if (!all[i])
            d->missing = "sensitive";
    }
    step->sensitive = all;
    step->sensitive_count = json_array_size(list);
}

static void decode_step(struct decoder *d, const json_t *json, struct plan_step *step)
{
    step->skill = need_text(d, json, "skill");
    step->action = need_text(d, json, "action");
    step->title = need_pair(d, json, "title");
    step->version = need_int(d, json, "version");
    step->version_digest = need_text(d, json, "version_digest");
    step->runtime = need_text(d, json, "runtime");
    step->runtime_digest = need_text(d, json, "runtime_digest");
    step->platform_digest = json_get_text(json, "platform_digest");
    step->effects = need_array(d, json, "effects");
    step->input = json_object_get(json, "input");
    if (!json_is_object(step->input))
        d->missing = "input";
    decode_sensitive(d, json, step);
    decode_provenance(d, json, step);
    decode_files(d, json, step);
    decode_resources(d, json, step);
}

static void decode_confirmation(struct decoder *d, const json_t *json, struct plan_confirmation *c)
{
    const json_t *list = need_array(d, json, "approvers");
    struct plan_person *approvers =
        ARENA_ARRAY(d->arena, struct plan_person, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        approvers[i] = (struct plan_person){ need_id(d, a, "id"), need_text(d, a, "name") };
    }
    *c = (struct plan_confirmation){
        .required = need_bool(d, json, "required"),
        .people = need_int(d, json, "people"),
        .other_than_requester = need_bool(d, json, "other_than_requester"),
        .expires_at_us = need_int(d, json, "expires_at_us"),
        .approvers = approvers,
        .approver_count = json_array_size(list),
    };
}

static void decode_checks(struct decoder *d, const json_t *json, struct plan *plan)
{
    const json_t *list = need_array(d, json, "checks");
    struct plan_check *checks = ARENA_ARRAY(d->arena, struct plan_check, json_array_size(list) + 1);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        checks[i] = (struct plan_check){ need_text(d, c, "name"), need_bool(d, c, "ok"),
                                         need_pair(d, c, "detail") };
    }
    plan->checks = checks;
    plan->check_count = json_array_size(list);
}

bool plan_decode(const json_t *json, struct plan *plan, struct arena *arena, struct gov_err *err)
{
    struct decoder d = { arena, NULL };
    const json_t *steps = need_array(&d, json, "steps");
    size_t count = json_array_size(steps);
    const char *risk = need_text(&d, json, "risk");

    memset(plan, 0, sizeof *plan);
    if (count == 0 || count > PLAN_STEPS_MAX || need_int(&d, json, "plan") != 1)
        return gov_fail_cause(err, GOV_INTERNAL, "plan: not an encoded plan");
    struct plan_step *all = ARENA_ARRAY(arena, struct plan_step, count);
    for (size_t i = 0; i < count; i++)
        decode_step(&d, json_array_get(steps, i), &all[i]);
    plan->steps = all;
    plan->step_count = count;
    plan->tenant = need_id(&d, json, "tenant");
    plan->requester = need_id(&d, json, "requester");
    plan->policy_version = need_int(&d, json, "policy_version");
    plan->risk = risk && strcmp(risk, "low") == 0 ? SKILL_RISK_LOW : SKILL_RISK_HIGH;
    decode_confirmation(&d, json_object_get(json, "confirmation"), &plan->confirmation);
    decode_checks(&d, json, plan);
    const json_t *expected = json_object_get(json, "expected");
    plan->expected = (struct plan_expected){ json_get_int(expected, "runs", 0),
                                             json_get_int(expected, "usual_ms", 0),
                                             json_get_int(expected, "slow_ms", 0) };
    if (d.missing)
        return gov_fail_cause(err, GOV_INTERNAL, "plan: \"%s\" is missing or wrong", d.missing);
    return true;
}
