/* view.c - the plan object of the HTTP contract, for one reader in one language. */
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/json_pointer.h"
#include "core/model/plan/show.h"
#include "core/model/sealed_value.h"
#include "core/model/visible.h"

/* --- masking --- */

json_t *plan_mask_input(const json_t *input, const char *const *sensitive, size_t count,
                        struct arena *arena)
{
    json_t *copy = json_own(arena, json_deep_copy(input));
    const char *name;
    json_t *value;

    CHECK(copy);
    for (size_t i = 0; i < count; i++) {
        if (*sensitive[i]) {
            json_pointer_replace(copy, sensitive[i], json_string(PLAN_MASK), arena);
            continue;
        }
        /* "": the whole input */
        json_object_foreach (copy, name, value)
            CHECK(json_object_set_new(copy, name, json_string(PLAN_MASK)) == 0);
    }
    sealed_value_mask(copy); /* also where nobody remembers what the schema said */
    return copy;
}

const json_t *plan_input_masked(const struct plan_step *step, struct arena *arena)
{
    return plan_mask_input(step->input, step->sensitive, step->sensitive_count, arena);
}

/* --- the rule in words --- */

const char *plan_rule_text(const struct plan_confirmation *c, enum gov_language language,
                           struct arena *arena)
{
    bool zh = language == GOV_ZH;
    char until[CLOCK_TEXT_BYTES] = "";
    struct buf names = { 0 };

    if (!c->required)
        return zh ? "无需确认" : "no confirmation needed";
    for (size_t i = 0; i < c->approver_count; i++) {
        if (i)
            buf_add_text(&names, zh ? "、" : ", ");
        visible_add_text(&names, c->approvers[i].name);
    }
    if (c->expires_at_us)
        clock_format(c->expires_at_us, until);
    const char *who =
        c->approver_count == 0
            ? (zh ? "目前没有可以确认的人" : "at the moment nobody may confirm")
            : arena_format(arena, zh ? "可由 %s 确认" : "%s may confirm", buf_text(&names));
    buf_release(&names);
    const char *need =
        zh ? arena_format(arena, "需要 %lld 位%s确认", (long long)c->people,
                          c->other_than_requester ? "申请人以外的人" : "人员")
           : arena_format(arena, "needs %lld %s%s", (long long)c->people,
                          c->people == 1 ? "person" : "people",
                          c->other_than_requester ? " other than the requester" : "");
    if (!*until)
        return arena_format(arena, zh ? "%s；%s" : "%s; %s", need, who);
    return arena_format(arena, zh ? "%s；%s；截止 %s" : "%s; %s; until %s", need, who, until);
}

/* --- the object --- */

static void add(json_t *list, json_t *item)
{
    CHECK(item && json_array_append_new(list, item) == 0);
}

static json_t *view_effects(const json_t *effects, enum gov_language language)
{
    json_t *list = json_array();
    size_t i;
    json_t *effect;

    json_array_foreach ((json_t *)effects, i, effect) {
        const char *text = json_get_text(effect, language == GOV_ZH ? "zh" : "en");
        if (text)
            add(list, json_string(text));
    }
    return list;
}

static json_t *view_provenance(const struct plan_step *step)
{
    json_t *list = json_array();
    for (size_t i = 0; i < step->provenance_count; i++) {
        const struct plan_provenance *p = &step->provenance[i];
        json_t *span = p->span_end
                           ? json_pack("[I, I]", (json_int_t)p->span_start, (json_int_t)p->span_end)
                           : json_null();
        add(list, json_pack("{s:s, s:s, s:o}", "path", p->path, "source",
                            plan_source_name(p->source), "span", span));
    }
    return list;
}

static json_t *view_step(const struct plan_step *s, enum gov_language language, struct arena *arena)
{
    json_t *files = json_array(), *resources = json_array();

    for (size_t i = 0; i < s->file_count; i++)
        add(files, json_pack("{s:s, s:s, s:s, s:I, s:s}", "path", s->files[i].path, "id",
                             s->files[i].id.text, "name", s->files[i].name, "size",
                             (json_int_t)s->files[i].bytes, "sha256", s->files[i].sha256));
    for (size_t i = 0; i < s->resource_count; i++)
        add(resources, json_pack("{s:s, s:s, s:s}", "name", s->resources[i].name, "method",
                                 s->resources[i].method, "path", s->resources[i].path));
    json_t *step = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:O, s:o, s:o, s:o, s:o}", "skill", s->skill,
                     "action", s->action, "title", gov_text_in(s->title, language), "version",
                     (json_int_t)s->version, "version_digest", s->version_digest, "runtime",
                     s->runtime, "runtime_digest", s->runtime_digest, "input", plan_input_masked(s, arena), "provenance",
                     view_provenance(s), "files", files, "resources", resources, "effects",
                     view_effects(s->effects, language));
    if (step && s->platform_digest)
        json_object_set_new(step, "platform_digest", json_string(s->platform_digest));
    return step;
}

static json_t *view_confirmation(const struct plan_confirmation *c, enum gov_language language,
                                 struct arena *arena)
{
    char until[CLOCK_TEXT_BYTES];
    json_t *approvers = json_array();

    for (size_t i = 0; i < c->approver_count; i++)
        add(approvers,
            json_pack("{s:s, s:s}", "id", c->approvers[i].id.text, "name", c->approvers[i].name));
    return json_pack(
        "{s:b, s:I, s:s, s:o, s:o}", "required", c->required, "people", (json_int_t)c->people,
        "rule", plan_rule_text(c, language, arena), "approvers", approvers, "expires_at",
        c->expires_at_us ? json_string(clock_format(c->expires_at_us, until)) : json_null());
}

json_t *plan_view(const struct plan *plan, enum gov_language language, struct arena *arena)
{
    char digest[PLAN_DIGEST_BYTES];
    json_t *steps = json_array(), *checks = json_array();

    for (size_t i = 0; i < plan->step_count; i++)
        add(steps, view_step(&plan->steps[i], language, arena));
    for (size_t i = 0; i < plan->check_count; i++)
        add(checks,
            json_pack("{s:s, s:b, s:s}", "name", plan->checks[i].name, "ok", plan->checks[i].ok,
                      "detail", gov_text_in(plan->checks[i].detail, language)));
    struct buf text = { 0 };
    plan_render(plan, language, &text);
    json_t *view =
        json_pack("{s:s, s:o, s:s, s:o, s:o, s:s}", "digest", plan_digest(plan, digest), "steps", steps,
                  "risk", skill_risk_name(plan->risk), "confirmation",
                  view_confirmation(&plan->confirmation, language, arena), "checks", checks, "text", buf_text(&text));
    buf_release(&text);
    CHECK(view);
    json_object_set_new(view, "expected",
                        plan->expected.runs
                            ? json_pack("{s:I, s:I, s:I}", "runs", (json_int_t)plan->expected.runs,
                                        "usual_ms", (json_int_t)plan->expected.usual_ms, "slow_ms",
                                        (json_int_t)plan->expected.slow_ms)
                            : json_null());
    return json_own(arena, view);
}
