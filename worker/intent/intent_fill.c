/* intent_fill.c - the inputs of the chosen action: out of the words, from the request that was followed
 * up, from what a person answered.
 */
#include <string.h>

#include "core/base/clock.h"
#include "worker/intent/intent_parts.h"

/* Columns of follow_up_load.sql. */
enum { EARLIER_BY, EARLIER_PAYLOAD };

/* Another action than before only if the words are this much surer than they have to be. */
static const double other_sure = 2.0;

/* --- following up --- */

/* Sensitive values of somebody else are not passed on: who asks has never seen them. */
static const json_t *inputs_to_keep(struct intent_job *j, const json_t *payload)
{
    const char *by = db_text(&j->earlier, 0, EARLIER_BY);
    const json_t *input = json_object_get(payload, "input"), *pointer;
    bool own = by && strcmp(by, j->work.job.created_by.text) == 0;
    size_t i;

    if (own || !json_is_object(input))
        return input;
    json_t *kept = json_own(&j->work.op.arena, json_copy((json_t *)input));
    json_array_foreach (json_object_get(payload, "sensitive"), i, pointer) {
        const char *path = json_string_value(pointer);
        if (path && *path == '/')
            json_object_del(kept, arena_format(&j->work.op.arena, "%.*s",
                                               (int)strcspn(path + 1, "/"), path + 1));
    }
    return kept;
}

bool intent_follow_up(struct intent_job *j)
{
    const json_t *payload =
        j->earlier.count ? db_json(&j->earlier, 0, EARLIER_PAYLOAD, &j->work.op.arena) : NULL;
    const char *skill = json_get_text(payload, "skill");
    const struct catalogue_action *same =
        skill ? catalogue_action(j->catalogue, skill, json_get_text(payload, "action")) : NULL;
    const struct recogniser *model = catalogue_model(j->work.worker->catalogues, j->catalogue);

    if (!same)
        return true;
    if (j->chosen && j->chosen != same && model &&
        j->answer.confidence >= other_sure * recogniser_threshold(model))
        return true;
    if (!intent_allowed(j, same->id))
        return false;
    j->chosen = same;
    j->answer.decision = RECOGNISER_ACT;
    j->previous = inputs_to_keep(j, payload);
    return true;
}

/* --- filling --- */

static void fill(struct intent_job *j)
{
    struct arena *arena = &j->work.op.arena;
    const struct job_payload *payload = &j->work.job.payload;
    int count = j->files.count < FILL_FILES_MAX ? j->files.count : FILL_FILES_MAX;
    struct fill_file *files = ARENA_ARRAY(arena, struct fill_file, (size_t)count + 1);
    struct gov_err err;

    for (int i = 0; i < count; i++)
        files[i] = (struct fill_file){ db_text(&j->files, i, 0), db_text(&j->files, i, 1),
                                       db_text(&j->files, i, 2) };
    struct fill_request request = {
        .schema = j->chosen->action->input,
        .text = intent_text(j),
        .language = payload->language && payload->language[0] == 'z' ? GOV_ZH : GOV_EN,
        .now_us = payload->now_us ? payload->now_us : clock_now_us(),
        .timezone = payload->timezone ? payload->timezone : j->work.tenant.timezone,
        .files = files,
        .file_count = (size_t)count,
        .previous = j->previous,
    };
    if (!fill_parameters(&request, &j->filled, arena, &err))
        j->filled.object = json_own(arena, json_object());
}

static void merge_provenance(struct intent_job *j, const json_t *given)
{
    struct arena *arena = &j->work.op.arena;
    json_t *all = json_own(arena, fill_to_json(&j->filled, GOV_EN));
    json_t *item, *value;
    const char *name;
    size_t i;

    j->provenance = json_own(arena, json_array());
    json_array_foreach (json_object_get(all, "provenance"), i, item) {
        const char *path = json_get_text(item, "path");
        if (!path || !given || !json_object_get(given, path + 1))
            json_array_append(j->provenance, item);
    }
    json_object_foreach ((json_t *)given, name, value)
        json_array_append_new(j->provenance, json_pack("{s:s, s:s}", "path",
                                                       json_path(arena, "", name), "source",
                                                       "explicit"));
}

static void keep_questions(struct intent_job *j, const json_t *given)
{
    j->questions = json_own(&j->work.op.arena, json_array());
    for (size_t i = 0; i < j->filled.question_count; i++) {
        const struct fill_question *q = &j->filled.questions[i];
        if (given && json_object_get(given, q->path + 1))
            continue;
        json_array_append_new(j->questions,
                              json_pack("{s:s, s:s, s:{s:s, s:s}, s:O*}", "path", q->path, "code",
                                        q->reason == FILL_MISSING ? "required" : "ambiguous", "text",
                                        "en", q->text.en, "zh", q->text.zh, "choices", q->choices));
    }
}

void intent_fill(struct intent_job *j)
{
    const json_t *given = j->work.job.payload.input;

    fill(j);
    j->input = json_own(&j->work.op.arena, json_deep_copy(j->filled.object));
    json_object_update(j->input, (json_t *)given);
    merge_provenance(j, given);
    keep_questions(j, given);
}
