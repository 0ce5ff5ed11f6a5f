/* render.c - a plan for reading: everything that will happen, nothing hidden.
 *
 * Each text that came from outside goes through visible_add; line breaks in a value too, or a value
 * could draw lines of its own into the plan.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/plan/show.h"
#include "core/model/visible.h"

struct renderer {
    enum gov_language language;
    struct arena *arena;
    struct buf *out;
};

static const char *say(const struct renderer *r, const char *en, const char *zh)
{
    return r->language == GOV_ZH ? zh : en;
}

static void line(const struct renderer *r, const char *en, const char *zh, const char *value)
{
    buf_add_text(r->out, say(r, en, zh));
    visible_add_text(r->out, value);
    buf_add_char(r->out, '\n');
}

/* --- inputs --- */

static const struct plan_file *file_at(const struct plan_step *step, const char *path)
{
    for (size_t i = 0; i < step->file_count; i++)
        if (strcmp(step->files[i].path, path) == 0)
            return &step->files[i];
    return NULL;
}

/* Is `path` the member itself or something inside it? */
static bool lies_in(const char *path, const char *member)
{
    size_t bytes = strlen(member);
    return strncmp(path, member, bytes) == 0 && (path[bytes] == 0 || path[bytes] == '/');
}

static void add_source(const struct renderer *r, const struct plan_step *step, const char *member)
{
    bool guess = false, preset = false, again = false;
    for (size_t i = 0; i < step->provenance_count; i++) {
        const struct plan_provenance *p = &step->provenance[i];
        if (!lies_in(p->path, member) && !lies_in(member, p->path))
            continue;
        guess = guess || p->source == PLAN_GUESS;
        preset = preset || p->source == PLAN_DEFAULT;
        again = again || p->source == PLAN_PREVIOUS;
    }
    if (guess)
        buf_add_text(r->out, say(r, "   ⚠ guessed from the words", "   ⚠ 根据文字推测"));
    else if (again)
        buf_add_text(r->out, say(r, "   ↻ from the earlier request", "   ↻ 沿用之前的请求"));
    else if (preset)
        buf_add_text(r->out, say(r, "   (default)", "   （默认值）"));
}

static void add_file(const struct renderer *r, const struct plan_file *file)
{
    visible_add_text(r->out, file->name);
    buf_addf(r->out, "  (%lld %s, sha256 %.16s…)", (long long)file->bytes, say(r, "bytes", "字节"),
             file->sha256);
}

static void add_value(const struct renderer *r, const struct plan_step *step, const char *path,
                      const json_t *value)
{
    const struct plan_file *file = file_at(step, path);

    if (file)
        add_file(r, file);
    else if (json_is_string(value))
        visible_add(r->out, json_string_value(value), json_string_length(value));
    else
        visible_add_text(r->out, json_text(r->arena, value));
}

/* A list of files is worth a line each; other values are one line. */
static void add_member(const struct renderer *r, const struct plan_step *step, const char *name,
                       const json_t *value)
{
    const char *path = json_path_exact(r->arena, "", name);

    buf_add_text(r->out, "     ");
    visible_add_text(r->out, name);
    buf_add_text(r->out, ": ");
    const char *first = json_path_exact(r->arena, path, "0");
    if (json_is_array(value) && file_at(step, first)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_add_text(r->out, "\n       - ");
            add_value(r, step, json_path_exact(r->arena, path, arena_format(r->arena, "%zu", i)),
                      json_array_get(value, i));
        }
    } else {
        add_value(r, step, path, value);
    }
    add_source(r, step, path);
    buf_add_char(r->out, '\n');
}

static void add_input(const struct renderer *r, const struct plan_step *step)
{
    const json_t *input = plan_input_masked(step, r->arena);
    const char *name;
    json_t *value;

    if (json_object_size(input) == 0) {
        line(r, "   inputs: none", "   输入：无", "");
    } else {
        line(r, "   inputs", "   输入", "");
        json_object_foreach ((json_t *)input, name, value)
            add_member(r, step, name, value);
    }
    for (size_t i = 0; i < step->file_count; i++) {
        if (*step->files[i].path)
            continue;
        buf_add_text(r->out, say(r, "     file: ", "     文件："));
        add_file(r, &step->files[i]);
        buf_add_char(r->out, '\n');
    }
}

/* --- steps --- */

static void add_step(const struct renderer *r, const struct plan_step *step, size_t number)
{
    size_t i;
    json_t *effect;

    buf_addf(r->out, "%zu. ", number);
    visible_add_text(r->out, gov_text_in(step->title, r->language));
    buf_addf(r->out, "  [%s/%s]\n", step->skill, step->action);
    if (r->language == GOV_ZH)
        buf_addf(r->out, "   版本 %lld（%.16s…），运行时 %s", (long long)step->version,
                 step->version_digest, step->runtime);
    else
        buf_addf(r->out, "   version %lld (%.16s…), runtime %s", (long long)step->version,
                 step->version_digest, step->runtime);
    if (step->runtime_digest[0])
        buf_addf(r->out, say(r, " and its own wheels (%.16s…)", " 及自带的 wheel（%.16s…）"), step->runtime_digest);
    if (step->platform_digest)
        buf_addf(r->out, say(r, ", of the platform as %.16s…", "，平台运行时 %.16s…"), step->platform_digest);
    buf_add_char(r->out, '\n');
    add_input(r, step);
    json_array_foreach ((json_t *)step->effects, i, effect) {
        const char *text = json_get_text(effect, r->language == GOV_ZH ? "zh" : "en");
        if (text)
            line(r, "   effect: ", "   影响：", text);
    }
    for (i = 0; i < step->resource_count; i++) {
        buf_addf(r->out, "%s%s %s ", say(r, "   calls: ", "   调用："), step->resources[i].name,
                 step->resources[i].method);
        visible_add_text(r->out, step->resources[i].path);
        buf_add_char(r->out, '\n');
    }
}

static void add_checks(const struct renderer *r, const struct plan *plan)
{
    for (size_t i = 0; i < plan->check_count; i++) {
        const struct plan_check *check = &plan->checks[i];
        const char *detail = gov_text_in(check->detail, r->language);
        buf_addf(r->out, "%s %s%s", check->ok ? "✓" : "✗", check->name,
                 detail && *detail ? say(r, ": ", "：") : "");
        if (detail)
            visible_add_text(r->out, detail);
        buf_add_char(r->out, '\n');
    }
}

void plan_render(const struct plan *plan, enum gov_language language, struct buf *out)
{
    struct arena arena;
    char digest[PLAN_DIGEST_BYTES];
    const struct renderer r = { language, &arena, out };
    bool high = plan->risk == SKILL_RISK_HIGH;

    arena_init(&arena);
    for (size_t i = 0; i < plan->step_count; i++)
        add_step(&r, &plan->steps[i], i + 1);
    line(&r, "risk: ", "风险：", high ? say(&r, "HIGH", "高") : say(&r, "low", "低"));
    line(&r, "confirmation: ", "确认：", plan_rule_text(&plan->confirmation, language, &arena));
    if (plan->expected.runs)
        buf_addf(out, say(&r, "usually takes %.1f s, nine of ten times less than %.1f s (%lld runs)\n",
                          "通常耗时 %.1f 秒，九成在 %.1f 秒以内（%lld 次运行）\n"),
                 (double)plan->expected.usual_ms / 1000, (double)plan->expected.slow_ms / 1000,
                 (long long)plan->expected.runs);
    add_checks(&r, plan);
    line(&r, "digest: ", "摘要：", plan_digest(plan, digest));
    arena_release(&arena);
}
