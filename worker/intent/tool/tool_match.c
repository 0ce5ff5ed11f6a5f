/* tool_match.c - which of some skills a text means, with the confidence it was decided on. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "worker/intent/recogniser/recogniser.h"
#include "worker/intent/tool/tool_parts.h"

enum { SKILLS_MAX = RECOGNISER_SKILLS_MAX };

/* "name: description" of every parameter, a line each. */
static const char *parameters_text(const json_t *skill, struct arena *arena)
{
    const json_t *properties = json_object_get(json_object_get(skill, "parameters"), "properties");
    struct buf lines = { 0 };
    const char *name;
    json_t *property;

    json_object_foreach((json_t *)(uintptr_t)properties, name, property)
    {
        const char *description = json_get_text(property, "description");
        buf_addf(&lines, "%s %s\n", name, description ? description : "");
    }
    const char *text = arena_text(arena, buf_text(&lines));
    buf_release(&lines);
    return text;
}

static void read_skill(const json_t *json, struct recogniser_skill *skill, struct arena *arena)
{
    const json_t *examples = json_object_get(json, "examples");
    const char **texts = ARENA_ARRAY(arena, const char *, json_array_size(examples) + 1);
    json_t *example;
    size_t i;

    json_array_foreach(examples, i, example)
    {
        if (json_is_string(example))
            texts[skill->example_count++] = json_string_value(example);
    }
    skill->id = skill->name = json_get_text(json, "name");
    skill->title = json_get_text(json, "title");
    skill->description = json_get_text(json, "description");
    skill->readme = json_get_text(json, "readme");
    skill->parameters = parameters_text(json, arena);
    skill->examples = texts;
}

static bool train(const json_t *list, struct buf *model, struct arena *arena, struct gov_err *err)
{
    size_t count = json_array_size(list), i;
    struct recogniser_skill *skills = ARENA_ARRAY(arena, struct recogniser_skill, count + 1);
    json_t *entry;

    if (!json_is_array(list) || count > SKILLS_MAX)
        return gov_fail(err, GOV_INVALID_INPUT, "the skills are no array of at most %d",
                        "技能应为数组，最多 %d 个", (int)SKILLS_MAX);
    json_array_foreach(list, i, entry) read_skill(entry, &skills[i], arena);
    struct recogniser_training training = { .skills = skills, .skill_count = count };
    return recogniser_train(&training, model, err);
}

static bool run(const char *path, const char *text, struct arena *arena, struct gov_err *err)
{
    struct buf model = { 0 };
    struct recogniser recogniser;
    struct recogniser_answer answer;
    char *skills;
    size_t bytes;

    if (!tool_read_file(path, &skills, &bytes, arena, err))
        return false;
    const json_t *list = json_parse(arena, skills, bytes, err);
    if (!list || !train(list, &model, arena, err) ||
        !recogniser_open(&recogniser, model.data, model.length, err)) {
        buf_release(&model);
        return false;
    }
    recogniser_predict(&recogniser, text, strlen(text), NULL, NULL, &answer);
    printf("%s %.6f %.6f\n", recogniser_decision_name(answer.decision), answer.confidence,
           recogniser_threshold(&recogniser));
    for (size_t i = 0; i < answer.candidate_count; i++)
        printf("%-40s %.4f\n", answer.candidates[i].id, answer.candidates[i].score);
    recogniser_release(&recogniser);
    buf_release(&model);
    return true;
}

int tool_match(int argc, char **argv)
{
    struct gov_err err = { 0 };
    struct arena arena;

    if (argc != 4 || strcmp(argv[1], "--skills") != 0)
        return tool_usage("match needs --skills and a text");
    arena_init(&arena);
    bool done = run(argv[2], argv[3], &arena, &err);
    if (!done)
        fprintf(stderr, "execgov intent match: %s %s\n", err.en, err.cause);
    arena_release(&arena);
    return done ? 0 : 2;
}
