/* tool_eval.c - accuracy, abstaining, out of scope, latency and size of a model on a file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "worker/intent/recogniser/recogniser.h"
#include "worker/intent/tool/tool_parts.h"

enum { LINES_MAX = 200000 };

struct line {
    const char *text;
    const char *intent; /* "oos": none */
    size_t number;
};

struct lines {
    struct line *items;
    size_t count;
};

enum { FOLDS = 5 };

struct options {
    const char *train, *test, *oos;
    const char *file; /* instead of train and test */
    bool json;
};

struct figures {
    size_t in_scope, out_of_scope;
    size_t first, third;                 /* right at 1 and among 3, whatever was decided */
    size_t act, act_right, ask, abstain; /* decisions on texts in scope */
    size_t first_kept;                   /* right at 1 and not abstained from */
    size_t oos_act, oos_ask, oos_abstain;
    double auroc;
    double train_ms, train_cpu_ms, p50_us, p99_us;
    size_t model_bytes, skills, examples;
    double threshold;
};

bool tool_read_file(const char *path, char **text, size_t *bytes, struct arena *arena,
                    struct gov_err *err)
{
    FILE *file = fopen(path, "rb");
    long size = -1;

    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size < 0 || size > TOOL_FILE_BYTES_MAX) {
        if (file)
            fclose(file);
        return gov_fail(err, GOV_INVALID_INPUT, "cannot read %s", "无法读取 %s", path);
    }
    rewind(file);
    *text = arena_alloc(arena, (size_t)size + 1);
    *bytes = fread(*text, 1, (size_t)size, file);
    fclose(file);
    return true;
}

static bool read_lines(const char *path, struct lines *lines, struct arena *arena,
                       struct gov_err *err)
{
    char *text;
    size_t bytes;

    if (!tool_read_file(path, &text, &bytes, arena, err))
        return false;
    lines->items = ARENA_ARRAY(arena, struct line, LINES_MAX);
    lines->count = 0;
    for (char *at = text; at < text + bytes && lines->count < LINES_MAX;) {
        char *end = memchr(at, '\n', (size_t)(text + bytes - at));
        size_t n = end ? (size_t)(end - at) : (size_t)(text + bytes - at);
        if (n > 0) {
            json_t *row = json_parse(arena, at, n, err);
            struct line line = { row ? json_get_text(row, "text") : NULL,
                                 row ? json_get_text(row, "intent") : NULL, lines->count };
            if (!line.text || !line.intent)
                return gov_fail(err, GOV_INVALID_INPUT, "%s, line %zu: no {\"text\", \"intent\"}",
                                "%s 第 %zu 行：缺少 {\"text\", \"intent\"}", path,
                                lines->count + 1);
            lines->items[lines->count++] = line;
        }
        at += n + 1;
    }
    return true;
}

static int by_intent(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->intent, y->intent);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* One skill an intent, in the order of their names. */
static struct recogniser_skill *skills_of(struct lines *train, size_t *count, struct arena *arena)
{
    struct recogniser_skill *skills = ARENA_ARRAY(arena, struct recogniser_skill, train->count + 1);
    const char **texts = ARENA_ARRAY(arena, const char *, train->count + 1);

    qsort(train->items, train->count, sizeof *train->items, by_intent);
    *count = 0;
    for (size_t i = 0; i < train->count; i++) {
        const struct line *line = &train->items[i];
        texts[i] = line->text;
        if (strcmp(line->intent, "oos") == 0)
            continue;
        if (*count == 0 || strcmp(skills[*count - 1].id, line->intent) != 0)
            skills[(*count)++] =
                (struct recogniser_skill){ .id = line->intent, .examples = &texts[i] };
        skills[*count - 1].example_count++;
    }
    return skills;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Chance that a text in scope is surer than one out of scope. Both ascending. */
static double area(const double *in, size_t n, const double *out, size_t m)
{
    double sum = 0;
    size_t below = 0, same;

    for (size_t i = 0; i < n; i++) {
        while (below < m && out[below] < in[i])
            below++;
        for (same = below; same < m && out[same] == in[i];)
            same++;
        sum += (double)below + (double)(same - below) / 2;
    }
    return n && m ? sum / ((double)n * (double)m) : 0;
}

static void count_in_scope(struct figures *f, const struct line *line,
                           const struct recogniser_answer *a)
{
    size_t place = 0;

    while (place < a->candidate_count && strcmp(a->candidates[place].id, line->intent) != 0)
        place++;
    bool found = place < a->candidate_count, right = found && place == 0;
    f->in_scope++;
    f->first += right;
    f->third += found && place < 3;
    f->first_kept += right && a->decision != RECOGNISER_ABSTAIN;
    f->act += a->decision == RECOGNISER_ACT;
    f->act_right += right && a->decision == RECOGNISER_ACT;
    f->ask += a->decision == RECOGNISER_ASK;
    f->abstain += a->decision == RECOGNISER_ABSTAIN;
}

/* Of each text measured: its confidence, by kind, and how long it took. */
struct samples {
    double *in, *out, *us;
    size_t count; /* of us; in and out have in_scope and out_of_scope */
};

static void samples_init(struct samples *s, size_t max, struct arena *arena)
{
    s->in = ARENA_ARRAY(arena, double, max + 1);
    s->out = ARENA_ARRAY(arena, double, max + 1);
    s->us = ARENA_ARRAY(arena, double, max + 1);
    s->count = 0;
}

static void measure(const struct recogniser *r, const struct lines *test, struct figures *f,
                    struct samples *s)
{
    for (size_t i = 0; i < test->count; i++) {
        const struct line *line = &test->items[i];
        struct recogniser_answer answer;
        int64_t start = clock_mono_us();
        recogniser_predict(r, line->text, strlen(line->text), NULL, NULL, &answer);
        s->us[s->count++] = (double)(clock_mono_us() - start);
        if (strcmp(line->intent, "oos") != 0) {
            s->in[f->in_scope] = answer.confidence;
            count_in_scope(f, line, &answer);
            continue;
        }
        s->out[f->out_of_scope++] = answer.confidence;
        f->oos_act += answer.decision == RECOGNISER_ACT;
        f->oos_ask += answer.decision == RECOGNISER_ASK;
        f->oos_abstain += answer.decision == RECOGNISER_ABSTAIN;
    }
}

static void summarise(struct figures *f, struct samples *s)
{
    qsort(s->in, f->in_scope, sizeof *s->in, ascending);
    qsort(s->out, f->out_of_scope, sizeof *s->out, ascending);
    qsort(s->us, s->count, sizeof *s->us, ascending);
    f->auroc = area(s->in, f->in_scope, s->out, f->out_of_scope);
    if (s->count > 0) {
        f->p50_us = s->us[s->count / 2];
        f->p99_us = s->us[s->count * 99 / 100];
    }
}

static double percent(size_t part, size_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_json(const struct figures *f)
{
    json_t *json = json_pack(
        "{s:I, s:I, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "skills",
        (json_int_t)f->skills, "examples", (json_int_t)f->examples, "train_ms", f->train_ms,
        "model_bytes", (json_int_t)f->model_bytes, "threshold", f->threshold, "accuracy_1",
        percent(f->first, f->in_scope), "accuracy_3", percent(f->third, f->in_scope),
        "accuracy_kept", percent(f->first_kept, f->in_scope), "act", percent(f->act, f->in_scope),
        "act_right", percent(f->act_right, f->act), "ask", percent(f->ask, f->in_scope), "abstain",
        percent(f->abstain, f->in_scope), "p50_us", f->p50_us);
    json_object_set_new(json, "p99_us", json_real(f->p99_us));
    json_object_set_new(json, "train_cpu_ms", json_real(f->train_cpu_ms));
    if (f->out_of_scope > 0) {
        json_object_set_new(json, "oos_recall",
                            json_real(percent(f->oos_abstain, f->out_of_scope)));
        json_object_set_new(json, "oos_act", json_real(percent(f->oos_act, f->out_of_scope)));
        json_object_set_new(json, "oos_auroc", json_real(100 * f->auroc));
    }
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(json);
}

static void print_table(const struct figures *f)
{
    printf("skills %zu, examples %zu, trained in %.0f ms (CPU %.0f), model %.0f KB, threshold %.4f\n\n",
           f->skills, f->examples, f->train_ms, f->train_cpu_ms, (double)f->model_bytes / 1024, f->threshold);
    printf("in scope (%zu)\n", f->in_scope);
    printf("  right at 1               %6.2f %%\n", percent(f->first, f->in_scope));
    printf("  right among 3            %6.2f %%\n", percent(f->third, f->in_scope));
    printf("  right and not abstained  %6.2f %%\n", percent(f->first_kept, f->in_scope));
    printf("  act / ask / abstain      %6.2f / %.2f / %.2f %%\n", percent(f->act, f->in_scope),
           percent(f->ask, f->in_scope), percent(f->abstain, f->in_scope));
    printf("  right when acting        %6.2f %%\n", percent(f->act_right, f->act));
    if (f->out_of_scope > 0) {
        printf("out of scope (%zu)\n", f->out_of_scope);
        printf("  abstained (recall)       %6.2f %%\n", percent(f->oos_abstain, f->out_of_scope));
        printf("  asked / acted            %6.2f / %.2f %%\n", percent(f->oos_ask, f->out_of_scope),
               percent(f->oos_act, f->out_of_scope));
        printf("  AUROC                    %6.2f\n", 100 * f->auroc);
    }
    printf("latency p50 / p99          %6.1f / %.1f us\n", f->p50_us, f->p99_us);
}

static bool parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0 && !o->file) {
            o->file = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--train") == 0)
            o->train = value;
        else if (strcmp(argv[i], "--test") == 0)
            o->test = value;
        else if (strcmp(argv[i], "--oos-threshold") == 0)
            o->oos = value && strcmp(value, "cv") != 0 ? value : NULL;
        else
            return false;
        if (!value)
            return false;
        i++;
    }
    return o->file ? !o->train && !o->test : o->train && o->test;
}

/* Of this thread: what learning costs on a machine that does other things as well. */
static double cpu_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1000 + (double)at.tv_nsec / 1e6;
}

/* Learn from `train`, measure `test`, and add to the figures. */
static bool evaluate(struct lines *train, const struct lines *test, const struct lines *oos_lines,
                     struct figures *f, struct samples *samples, struct arena *arena,
                     struct gov_err *err)
{
    struct lines oos = *oos_lines;
    struct recogniser recogniser;
    struct buf model = { 0 };

    struct recogniser_training training = { 0 };
    training.skills = skills_of(train, &training.skill_count, arena);
    const char **none = ARENA_ARRAY(arena, const char *, oos.count + 1);
    for (size_t i = 0; i < oos.count; i++)
        if (strcmp(oos.items[i].intent, "oos") == 0)
            none[training.none_count++] = oos.items[i].text;
    training.none_of_these = none;

    int64_t start = clock_mono_us();
    double cpu = cpu_ms();
    bool done = recogniser_train(&training, &model, err);
    double ms = (double)(clock_mono_us() - start) / 1000;
    f->train_ms = ms > f->train_ms ? ms : f->train_ms;
    cpu = cpu_ms() - cpu;
    f->train_cpu_ms = cpu > f->train_cpu_ms ? cpu : f->train_cpu_ms;
    done = done && recogniser_open(&recogniser, model.data, model.length, err);
    if (done) {
        f->skills = training.skill_count;
        f->examples = train->count;
        f->model_bytes = model.length;
        f->threshold = recogniser_threshold(&recogniser);
        measure(&recogniser, test, f, samples);
        recogniser_release(&recogniser);
    }
    buf_release(&model);
    return done;
}

/* Every fifth line, in the file's order, against all others. */
static bool evaluate_folds(const struct lines *all, const struct lines *oos, struct figures *f,
                           struct samples *samples, struct arena *arena, struct gov_err *err)
{
    for (size_t fold = 0; fold < FOLDS; fold++) {
        struct lines train = { ARENA_ARRAY(arena, struct line, all->count + 1), 0 };
        struct lines test = { ARENA_ARRAY(arena, struct line, all->count + 1), 0 };
        for (size_t i = 0; i < all->count; i++) {
            struct lines *into = i % FOLDS == fold ? &test : &train;
            into->items[into->count++] = all->items[i];
        }
        if (!evaluate(&train, &test, oos, f, samples, arena, err))
            return false;
    }
    return true;
}

static bool run(const struct options *o, struct figures *f, struct arena *arena,
                struct gov_err *err)
{
    struct lines train = { 0 }, test = { 0 }, oos = { 0 };
    struct samples samples;

    if (!read_lines(o->file ? o->file : o->train, &train, arena, err) ||
        (!o->file && !read_lines(o->test, &test, arena, err)) ||
        (o->oos && !read_lines(o->oos, &oos, arena, err)))
        return false;
    samples_init(&samples, train.count + test.count, arena);
    bool done = o->file ? evaluate_folds(&train, &oos, f, &samples, arena, err)
                        : evaluate(&train, &test, &oos, f, &samples, arena, err);
    summarise(f, &samples);
    return done;
}

int tool_eval(int argc, char **argv)
{
    struct options options = { 0 };
    struct figures figures = { 0 };
    struct gov_err err = { 0 };
    struct arena arena;

    if (!parse(argc, argv, &options))
        return tool_usage("eval needs a FILE, or --train and --test");
    arena_init(&arena);
    bool done = run(&options, &figures, &arena, &err);
    if (!done)
        fprintf(stderr, "execgov intent eval: %s %s\n", err.en, err.cause);
    else if (options.json)
        print_json(&figures);
    else
        print_table(&figures);
    arena_release(&arena);
    return done ? 0 : 2;
}
