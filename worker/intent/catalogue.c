/* catalogue.c - training is milliseconds, predicting microseconds: the model is made where it is
 * used, and thrown away when the tenant's skills have changed or another tenant needs the place.
 */
#include "worker/intent/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/crypto.h"

struct model {
    char schema[20];
    char digest[CRYPTO_HEX_BYTES];
    struct buf image;
    struct recogniser recogniser;
    uint64_t used;
};

struct catalogues {
    struct model *models;
    int max;
    uint64_t clock;
};

struct catalogues *catalogues_new(int tenants_max)
{
    struct catalogues *c = calloc(1, sizeof *c);
    CHECK(c);
    c->max = tenants_max;
    c->models = calloc((size_t)tenants_max, sizeof *c->models);
    CHECK(c->models);
    return c;
}

static void model_clear(struct model *m)
{
    if (m->schema[0])
        recogniser_release(&m->recogniser);
    buf_release(&m->image);
    memset(m, 0, sizeof *m);
}

void catalogues_free(struct catalogues *catalogues)
{
    for (int i = 0; i < catalogues->max; i++)
        model_clear(&catalogues->models[i]);
    free(catalogues->models);
    free(catalogues);
}

/* --- what the model is made of --- */

static const char *both(struct arena *arena, struct gov_text text)
{
    return arena_format(arena, "%s\n%s", text.en ? text.en : "",
                        text.zh && text.zh != text.en ? text.zh : "");
}

static const char *both_json(struct arena *arena, const json_t *text)
{
    const char *en = json_get_text(text, "en"), *zh = json_get_text(text, "zh");
    return arena_format(arena, "%s\n%s", en ? en : "", zh ? zh : "");
}

static const char *parameters(struct arena *arena, const json_t *schema)
{
    struct buf out = { 0 };
    const char *name;
    json_t *property;

    json_object_foreach (json_object_get(schema, "properties"), name, property) {
        const char *title = json_get_text(property, "title");
        const char *description = json_get_text(property, "description");
        buf_addf(&out, "%s %s %s\n", name, title ? title : "", description ? description : "");
    }
    const char *text = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return text;
}

static size_t add_examples(const char **into, size_t count, const json_t *list)
{
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item) {
        if (json_is_string(item) && count < RECOGNISER_EXAMPLES_MAX)
            into[count++] = json_string_value(item);
    }
    return count;
}

static void read_bindings(const json_t *list, struct catalogue_action *a, struct arena *arena)
{
    size_t count = json_array_size(list);
    struct policy_binding *bindings = ARENA_ARRAY(arena, struct policy_binding, count + 1);

    for (size_t i = 0; i < count; i++) {
        const json_t *b = json_array_get(list, i);
        const json_t *names = json_object_get(b, "actions");
        if (strcmp(json_get_text(b, "kind"), "role") == 0)
            role_parse(json_get_text(b, "subject"), &bindings[i].role);
        else
            id_parse(json_get_text(b, "subject"), &bindings[i].user);
        if (json_is_array(names)) {
            const char **list_of = ARENA_ARRAY(arena, const char *, json_array_size(names) + 1);
            for (size_t k = 0; k < json_array_size(names); k++)
                list_of[k] = json_string_value(json_array_get(names, k));
            bindings[i].actions = list_of;
        }
    }
    a->bindings = bindings;
    a->binding_count = count;
}

struct reader {
    struct catalogue *catalogue;
    struct recogniser_skill *skills;
    struct arena *arena;
    struct buf material; /* what the digest is taken of */
};

static void add_action(struct reader *rd, const struct db_rows *rows, int row,
                       const struct skill_action *action, const json_t *bindings)
{
    struct arena *arena = rd->arena;
    struct catalogue_action *a = &rd->catalogue->actions[rd->catalogue->count];
    struct recogniser_skill *s = &rd->skills[rd->catalogue->count++];
    const char **examples = ARENA_ARRAY(arena, const char *, RECOGNISER_EXAMPLES_MAX);

    a->skill = db_text(rows, row, 0);
    a->action = action;
    a->id = arena_format(arena, "%s/%s", a->skill, action->name);
    read_bindings(bindings, a, arena);
    s->id = a->id;
    s->name = a->skill;
    s->title = arena_format(arena, "%s\n%s", both_json(arena, db_json(rows, row, 1, arena)),
                            both(arena, action->title));
    s->description = arena_format(arena, "%s\n%s", both_json(arena, db_json(rows, row, 2, arena)),
                                  both(arena, action->description));
    s->parameters = parameters(arena, action->input);
    s->readme = db_text(rows, row, 5);
    s->example_count = add_examples(examples, 0, action->examples);
    s->example_count = add_examples(examples, s->example_count, db_json(rows, row, 3, arena));
    s->examples = examples;
    buf_addf(&rd->material, "%s %s %s\n", a->id, db_text(rows, row, 8), db_text(rows, row, 9));
}

static bool read_rows(struct reader *rd, const struct db_rows *rows, struct gov_err *err)
{
    size_t most = (size_t)rows->count * SKILL_ACTIONS_MAX;

    rd->catalogue->actions = ARENA_ARRAY(rd->arena, struct catalogue_action, most + 1);
    rd->skills = ARENA_ARRAY(rd->arena, struct recogniser_skill, most + 1);
    for (int row = 0; row < rows->count; row++) {
        struct skill_manifest *manifest = ARENA_NEW(rd->arena, struct skill_manifest);
        if (!skill_manifest_view(db_json(rows, row, 4, rd->arena), manifest, rd->arena, err))
            return gov_err_context(err, "skill %s", db_text(rows, row, 0));
        const json_t *bindings = db_json(rows, row, 6, rd->arena);
        for (size_t i = 0; i < manifest->action_count; i++)
            add_action(rd, rows, row, &manifest->actions[i], bindings);
    }
    return true;
}

/* --- the cache --- */

static struct model *model_place(struct catalogues *c, const char *schema)
{
    struct model *oldest = &c->models[0];
    for (int i = 0; i < c->max; i++) {
        if (strcmp(c->models[i].schema, schema) == 0)
            return &c->models[i];
        if (c->models[i].used < oldest->used)
            oldest = &c->models[i];
    }
    model_clear(oldest);
    return oldest;
}

static const struct recogniser *model_for(struct catalogues *c, const char *schema,
                                          const struct reader *rd, struct gov_err *err)
{
    struct recogniser_training training = { .skills = rd->skills,
                                            .skill_count = rd->catalogue->count };
    struct model *m = model_place(c, schema);
    char digest[CRYPTO_HEX_BYTES];

    crypto_sha256_hex(buf_text(&rd->material), rd->material.length, digest);
    m->used = ++c->clock;
    if (strcmp(m->digest, digest) == 0)
        return &m->recogniser;
    model_clear(m);
    if (!recogniser_train(&training, &m->image, err) ||
        !recogniser_open(&m->recogniser, m->image.data, m->image.length, err)) {
        model_clear(m);
        return NULL;
    }
    memcpy(m->schema, schema, strlen(schema) + 1);
    memcpy(m->digest, digest, sizeof digest);
    m->used = c->clock;
    return &m->recogniser;
}

struct catalogue *catalogue_open(struct catalogues *catalogues, const char *schema,
                                 const struct db_rows *rows, struct arena *arena,
                                 struct gov_err *err)
{
    struct reader rd = { .catalogue = ARENA_NEW(arena, struct catalogue), .arena = arena };
    bool good = read_rows(&rd, rows, err);

    if (good && rd.catalogue->count) {
        rd.catalogue->recogniser = model_for(catalogues, schema, &rd, err);
        good = rd.catalogue->recogniser != NULL;
    }
    buf_release(&rd.material);
    return good ? rd.catalogue : NULL;
}

const struct catalogue_action *catalogue_find(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->actions[i].id, id) == 0)
            return &catalogue->actions[i];
    return NULL;
}

const struct catalogue_action *catalogue_action(const struct catalogue *catalogue,
                                                const char *skill, const char *action)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_action *a = &catalogue->actions[i];
        if (strcmp(a->skill, skill) == 0 && (!action || strcmp(a->action->name, action) == 0))
            return a;
    }
    return NULL;
}

void catalogue_predict(const struct catalogue *catalogue, const char *text,
                       recogniser_allowed *allowed, void *context,
                       struct recogniser_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->decision = RECOGNISER_ABSTAIN;
    if (catalogue->recogniser)
        recogniser_predict(catalogue->recogniser, text, strlen(text), allowed, context, answer);
}

json_t *catalogue_candidate(const struct catalogue_action *action, double score)
{
    return json_pack("{s:s, s:s, s:{s:s*, s:s*}, s:f}", "skill", action->skill, "action",
                     action->action->name, "title", "en", action->action->title.en, "zh",
                     action->action->title.zh, "score", score);
}
