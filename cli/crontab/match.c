/* match.c - command -> program -> skill -> input. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/crontab/crontab.h"
#include "cli/input.h"
#include "core/base/json.h"
#include "core/base/text.h"

struct matcher {
    struct crontab_line *line;
    struct crontab_words w;
    size_t at; /* the next word */
    const json_t *skills;
    struct arena *arena;
};

static void decide(struct matcher *m, enum crontab_verdict verdict, const char *en, const char *zh)
{
    m->line->verdict = verdict;
    m->line->why = (struct gov_text){ en, zh };
}

static const char *word(const struct matcher *m)
{
    return m->at < m->w.count ? m->w.words[m->at].text : NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* --- what stands before the program --- */

static bool one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

static bool is_interpreter(const char *name)
{
    static const char *const names[] = { "sh", "bash", "dash", "python", "python3", NULL };
    return one_of(name, names) || text_starts(name, "python3.");
}

static void skip_options(struct matcher *m)
{
    while (word(m) && *word(m) == '-') {
        bool takes_number = strcmp(word(m), "-n") == 0 || strcmp(word(m), "-c") == 0;
        m->at++;
        if (takes_number && word(m) && isdigit((unsigned char)*word(m)))
            m->at++;
    }
}

/* nice -n 10 …, timeout 60 …, flock -n FILE …, LANG=C …, python3 -u …. False: nothing can be said. */
static bool skip_wrappers(struct matcher *m)
{
    static const char *const plain[] = { "nice", "ionice", "chronic", "exec", "env", NULL };
    static const char *const with_operand[] = { "timeout", "flock", NULL };

    while (word(m)) {
        const char *name = base_name(word(m));
        bool operand = one_of(name, with_operand);
        if (text_starts(name, "LANG=") || text_starts(name, "LC_") || text_starts(name, "PYTHON")) {
            m->at++;
        } else if (operand || one_of(name, plain)) {
            m->at++;
            skip_options(m);
            m->at += operand;
        } else if (is_interpreter(name)) {
            m->at++;
            while (word(m) && *word(m) == '-') {
                if (strcmp(word(m), "-c") == 0 || strcmp(word(m), "-m") == 0)
                    return false;
                m->at++;
            }
            return true;
        } else {
            return true;
        }
    }
    return true;
}

/* --- the skill --- */

/* "/opt/reports/Sales_Report.py" -> "sales_report"; of main.py the folder's name. */
static const char *slug_of(const char *path, struct arena *arena)
{
    char *whole = arena_text(arena, path);
    char *name = (char *)base_name(whole), *dot = strrchr(name, '.');

    if (dot && dot != name)
        *dot = '\0';
    if (strcmp(name, "main") == 0 && name > whole) {
        name[-1] = '\0';
        name = (char *)base_name(whole);
    }
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return name;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

static const json_t *skill_named(const struct matcher *m, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach (m->skills, i, one)
        if (same_name(json_get_text(one, "name"), name))
            return one;
    return NULL;
}

/* The schema of the action's input; NULL: there is no such action. */
static const json_t *schema_of(const json_t *skill, const char *action)
{
    const json_t *one;
    size_t i;

    json_array_foreach (json_object_get(skill, "actions"), i, one)
        if (!action || strcmp(json_get_text(one, "name"), action) == 0)
            return json_object_get(one, "input_schema");
    return NULL;
}

/* --- the input --- */

/* The property that "--some-name" means; NULL: none. */
static const char *property_of(const json_t *schema, const char *option, size_t length)
{
    const char *name;
    json_t *property;

    json_object_foreach (json_object_get(schema, "properties"), name, property)
        if (strlen(name) == length) {
            size_t i = 0;
            while (i < length && (name[i] == option[i] || (name[i] == '_' && option[i] == '-')))
                i++;
            if (i == length)
                return name;
        }
    return NULL;
}

static bool set_value(struct matcher *m, const json_t *schema, const char *name,
                      const struct crontab_word *value, const char *text)
{
    struct gov_err err;
    json_t *typed;
    const json_t *property = json_object_get(json_object_get(schema, "properties"), name);

    if (value->computed && *text)
        return false; /* a date behind other text cannot be computed */
    typed = value->computed ? json_incref(value->computed) :
                              input_value(schema, property, text, name, &err);
    if (!typed)
        return false;
    json_object_set_new(m->line->input, name, typed);
    return true;
}

/* --name value, --name=value, --flag. */
static bool take_option(struct matcher *m, const json_t *schema)
{
    const struct crontab_word *w = &m->w.words[m->at];
    const char *option = w->text + 2, *equals = strchr(option, '=');
    const char *name = property_of(schema, option, equals ? (size_t)(equals - option) : strlen(option));

    if (!name)
        return false;
    m->at++;
    if (equals)
        return set_value(m, schema, name, w, equals + 1);
    const json_t *property = json_object_get(json_object_get(schema, "properties"), name);
    const char *type = json_get_text(property, "type");
    if (type && strcmp(type, "boolean") == 0) {
        json_object_set_new(m->line->input, name, json_true());
        return true;
    }
    if (m->at == m->w.count)
        return false;
    w = &m->w.words[m->at++];
    return set_value(m, schema, name, w, w->text);
}

static bool take_words(struct matcher *m, const json_t *schema, bool assignments)
{
    struct gov_err err;

    while (m->at < m->w.count) {
        const struct crontab_word *w = &m->w.words[m->at];
        size_t name = strcspn(w->text, "=");
        bool good;
        if (assignments && w->computed && w->text[name] == '=')
            good = (m->at++, set_value(m, schema, arena_copy(m->arena, w->text, name), w, w->text + name + 1));
        else if (assignments)
            good = (m->at++, input_assign(m->line->input, schema, w->text, m->arena, &err));
        else
            good = text_starts(w->text, "--") && take_option(m, schema);
        if (!good) {
            decide(m, CRONTAB_NOT_POSSIBLE,
                   arena_format(m->arena, "the argument \"%.60s\" fits no input of %s", w->text, m->line->skill),
                   arena_format(m->arena, "参数“%.60s”不对应 %s 的任何输入", w->text, m->line->skill));
            return false;
        }
    }
    return true;
}

/* Standard input carries a skill's input object: it may be one. */
static bool take_input_text(struct matcher *m)
{
    struct crontab_line *line = m->line;
    struct gov_err err;

    if (!line->input_text || !line->input_text[strspn(line->input_text, " \n\t")])
        return true;
    json_t *object = json_parse(m->arena, line->input_text, strlen(line->input_text), &err);
    if (json_is_object(object)) {
        json_object_update(line->input, object);
        return true;
    }
    decide(m, CRONTAB_NOT_POSSIBLE, "it reads a text from standard input, where a skill gets its input object",
           "它从标准输入读取文本，而技能的标准输入是输入对象");
    return false;
}

static bool nothing_missing(struct matcher *m, const json_t *schema)
{
    const json_t *name;
    size_t i;

    json_array_foreach (json_object_get(schema, "required"), i, name) {
        const char *text = json_string_value(name);
        const json_t *property = json_object_get(json_object_get(schema, "properties"), text);
        if (json_object_get(m->line->input, text) || json_object_get(property, "default"))
            continue;
        decide(m, CRONTAB_NOT_POSSIBLE,
               arena_format(m->arena, "%s needs the input \"%s\", which the line does not give", m->line->skill, text),
               arena_format(m->arena, "%s 需要输入“%s”，而该行未给出", m->line->skill, text));
        return false;
    }
    return true;
}

/* --- */

static void match_skill(struct matcher *m, const char *name, const char *action, bool assignments)
{
    const json_t *skill = skill_named(m, name);
    const json_t *schema = skill ? schema_of(skill, action) : NULL;

    if (!schema) {
        decide(m, CRONTAB_TO_BE_MADE,
               arena_format(m->arena, "there is no skill %s%s%s; execgov skill init makes one from the script",
                            name, action ? "/" : "", action ? action : ""),
               arena_format(m->arena, "没有技能 %s%s%s；可用 execgov skill init 由脚本生成", name,
                            action ? "/" : "", action ? action : ""));
        return;
    }
    m->line->skill = json_get_text(skill, "name");
    m->line->action = action;
    if (take_words(m, schema, assignments) && take_input_text(m) && nothing_missing(m, schema))
        decide(m, CRONTAB_FOUND, "", "");
}

/* execgov run SKILL[/ACTION] key=value… */
static bool match_own(struct matcher *m)
{
    if (strcmp(base_name(word(m)), "execgov") != 0 || m->at + 2 >= m->w.count ||
        strcmp(m->w.words[m->at + 1].text, "run") != 0)
        return false;
    const char *name = m->w.words[m->at + 2].text, *slash = strchr(name, '/');
    m->at += 3;
    match_skill(m, slash ? arena_copy(m->arena, name, (size_t)(slash - name)) : name,
                slash ? slash + 1 : NULL, true);
    return true;
}

void crontab_match(struct crontab_line *line, const json_t *skills, struct arena *arena)
{
    struct matcher m = { .line = line, .skills = skills, .arena = arena };

    if (line->verdict != CRONTAB_TO_BE_MADE)
        return;
    line->input = json_own(arena, json_object());
    crontab_split(line->command, &m.w, arena);
    if (m.w.shell.en) {
        decide(&m, CRONTAB_TO_BE_MADE,
               arena_format(arena, "%s: make a skill whose main.sh holds the line", m.w.shell.en),
               arena_format(arena, "%s：请制作一个 main.sh 含此行的技能", m.w.shell.zh));
        return;
    }
    if (!skip_wrappers(&m) || !word(&m)) {
        decide(&m, CRONTAB_TO_BE_MADE, "its code stands in the line: make a skill of it",
               "代码就写在该行中：请制成技能");
        return;
    }
    if (match_own(&m))
        return;
    const char *name = slug_of(m.w.words[m.at++].text, arena);
    match_skill(&m, name, NULL, false);
}
