/* catalogue.c - read -> [build] -> map. Mapped models are kept for the tenants that were asked for
 * last; the rest is a look into the page cache away.
 */
#include "worker/intent/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/op/op_work.h"
#include "worker/intent/recogniser/model_file.h"

/* Part of every digest: a way of learning that changed makes new files. */
static const char learning[] = "learning 2\n";

struct model {
    char schema[20];
    char digest[CRYPTO_HEX_BYTES];
    struct buf image; /* of one that could not be written */
    struct recogniser recogniser;
    uint64_t used;
};

struct catalogues {
    char *folder;
    struct model *models;
    int max;
    uint64_t clock;
};

struct catalogues *catalogues_new(const char *folder, int tenants_max)
{
    struct catalogues *c = calloc(1, sizeof *c);
    CHECK(c);
    c->max = tenants_max;
    c->models = calloc((size_t)tenants_max, sizeof *c->models);
    c->folder = strdup(folder);
    CHECK(c->models && c->folder);
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
    free(catalogues->folder);
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

/* Without those that `of` says are another action's alone than `action`'s; NULL, NULL: all. */
static size_t add_examples(const char **into, size_t count, const json_t *list, const json_t *of,
                           const char *action)
{
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item) {
        const char *text = json_string_value(item);
        const char *only = text ? json_get_text(of, text) : NULL;
        if (text && count < RECOGNISER_EXAMPLES_MAX && (!only || !action || strcmp(only, action) == 0))
            into[count++] = text;
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
    s->example_count = add_examples(examples, 0, action->examples, NULL, NULL);
    s->example_count = add_examples(examples, s->example_count, db_json(rows, row, 3, arena),
                                    db_json(rows, row, 10, arena), action->name);
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

struct catalogue *catalogue_read(const char *schema, const struct db_rows *rows,
                                 struct arena *arena, struct gov_err *err)
{
    struct reader rd = { .catalogue = ARENA_NEW(arena, struct catalogue), .arena = arena };
    struct catalogue *c = rd.catalogue;

    buf_add_text(&rd.material, learning);
    bool good = read_rows(&rd, rows, err);
    crypto_sha256_hex(buf_text(&rd.material), rd.material.length, c->digest);
    buf_release(&rd.material);
    c->schema = schema;
    c->training = (struct recogniser_training){ .skills = rd.skills, .skill_count = c->count };
    return good ? c : NULL;
}

/* --- models --- */

static struct model *model_place(struct catalogues *c, const char *schema)
{
    struct model *oldest = &c->models[0];
    for (int i = 0; i < c->max; i++) {
        if (strcmp(c->models[i].schema, schema) == 0)
            return &c->models[i];
        if (c->models[i].used < oldest->used)
            oldest = &c->models[i];
    }
    return oldest;
}

static void model_name(struct model *m, const struct catalogue *catalogue)
{
    snprintf(m->schema, sizeof m->schema, "%s", catalogue->schema);
    memcpy(m->digest, catalogue->digest, sizeof m->digest);
}

const struct recogniser *catalogue_model(struct catalogues *c, const struct catalogue *catalogue)
{
    struct model *m = model_place(c, catalogue->schema);
    struct recogniser mapped;
    bool own = strcmp(m->schema, catalogue->schema) == 0;

    if (!own || strcmp(m->digest, catalogue->digest) != 0) {
        if (!model_file_map(c->folder, catalogue->schema, catalogue->digest, &mapped))
            return NULL;
        model_clear(m);
        m->recogniser = mapped;
        model_name(m, catalogue);
    }
    m->used = ++c->clock;
    return &m->recogniser;
}

bool catalogue_model_exists(const struct catalogues *c, const struct catalogue *catalogue)
{
    return model_file_exists(c->folder, catalogue->schema, catalogue->digest);
}

/* --- building --- */

struct building {
    struct op op;
    struct catalogues *catalogues;
    const struct catalogue *catalogue;
    struct buf image;
    struct gov_err *unwritten;
};

static bool train_and_write(void *context, struct gov_err *err)
{
    struct building *b = context;

    memset(b->unwritten, 0, sizeof *b->unwritten);
    if (!recogniser_train(&b->catalogue->training, &b->image, err))
        return false;
    model_file_write(b->catalogues->folder, b->catalogue->schema, b->catalogue->digest, &b->image,
                     b->unwritten);
    return true;
}

static enum op_next train(struct op *op)
{
    op_work(op, train_and_write, op);
    return OP_WAIT;
}

/* What could not be written is used all the same, as long as this worker remembers it. */
static enum op_next keep(struct op *op)
{
    struct building *b = (struct building *)op;
    struct model *m;

    if (!b->unwritten->code)
        return OP_DONE;
    m = model_place(b->catalogues, b->catalogue->schema);
    model_clear(m);
    m->image = b->image;
    memset(&b->image, 0, sizeof b->image);
    if (!recogniser_open(&m->recogniser, m->image.data, m->image.length, &op->err)) {
        buf_release(&m->image);
        return OP_FAIL;
    }
    model_name(m, b->catalogue);
    m->used = ++b->catalogues->clock;
    return OP_DONE;
}

static const struct op_step building_steps[] = { { "train", train }, { "keep", keep }, { 0 } };

static void building_release(void *context)
{
    struct building *b = context;
    buf_release(&b->image);
    op_release(&b->op);
}

void catalogue_build(struct op *op, struct catalogues *catalogues, const struct catalogue *catalogue,
                     struct gov_err *unwritten)
{
    struct building *b = ARENA_NEW(&op->arena, struct building);

    op_init(&b->op, "model_build", building_steps, op->loop, NULL);
    arena_defer(&op->arena, building_release, b);
    b->catalogues = catalogues;
    b->catalogue = catalogue;
    b->unwritten = unwritten;
    op_call(op, &b->op);
}

/* --- actions --- */

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

json_t *catalogue_candidate(const struct catalogue_action *action, double score)
{
    return json_pack("{s:s, s:s, s:{s:s*, s:s*}, s:f}", "skill", action->skill, "action",
                     action->action->name, "title", "en", action->action->title.en, "zh",
                     action->action->title.zh, "score", score);
}
