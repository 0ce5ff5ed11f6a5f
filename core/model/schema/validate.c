/* validate.c - one walk over schema and value together.
 *
 * A failed alternative says nothing by itself, so alternatives are tried `quiet` and only the
 * outcome is reported; when the value's type leaves a single alternative, its faults are what a
 * person wants to read. Every node visited takes a step from the budget: anyOf over $ref can fan
 * out exponentially, and a budget is simpler to trust than a memo.
 */
#include <stdint.h>
#include <string.h>

#include "core/base/json.h"
#include "core/model/fault.h"
#include "core/model/schema/node.h"
#include "core/model/schema/value.h"
#include "core/model/sealed_value.h"

enum { VALIDATE_DEPTH_MAX = 256 };

/* Where in the value we are; a chain on the stack, made into text only when something is wrong. */
struct place {
    const struct place *parent;
    const char *name; /* NULL: `index` counts */
    size_t index;
};

struct validation {
    struct arena *arena;
    struct fault_list faults;
    int64_t steps;
    int depth;
    bool sealed; /* sealed values stand in it */
    const char *stopped; /* why it was given up: "too_costly", "depth" */
};

static const char *place_path(struct validation *v, const struct place *at)
{
    if (!at)
        return "";
    return json_path(v->arena, place_path(v, at->parent),
                     at->name ? at->name : arena_format(v->arena, "%zu", at->index));
}

/* Always false. Quiet, or enough noted: the texts are not even made. */
#define FAULT(v, at, quiet, ...)                                                                   \
    ((quiet) || fault_full(&(v)->faults)                                                           \
         ? false                                                                                   \
         : (fault_add(&(v)->faults, place_path((v), (at)), __VA_ARGS__), false))
#define FAULT_TEXT(v, at, quiet, code, en, zh)                                                     \
    ((quiet) || fault_full(&(v)->faults)                                                           \
         ? false                                                                                   \
         : (fault_add_text(&(v)->faults, place_path((v), (at)), (code),                            \
                           (struct gov_text){ (en), (zh) }),                                       \
            false))

static bool check(struct validation *v, const struct schema_node *node, const json_t *value,
                  const struct place *at, bool quiet);

static void spend(struct validation *v, int64_t steps)
{
    v->steps -= steps;
    if (v->steps < 0 && !v->stopped)
        v->stopped = "too_costly";
}

/* --- any value --- */

static bool check_type(struct validation *v, const struct schema_node *node, const json_t *value,
                       const struct place *at, bool quiet)
{
    if (!node->types || (node->types & schema_types_of(value)))
        return true;
    return FAULT_TEXT(
        v, at, quiet, "type",
        arena_format(v->arena, "must be %s", schema_types_text(node->types, GOV_EN, v->arena)),
        arena_format(v->arena, "必须是%s", schema_types_text(node->types, GOV_ZH, v->arena)));
}

/* "a", "b", 3 — the first of them. */
static const char *choices_text(const json_t *choices, struct arena *arena)
{
    enum { SHOWN = 12 };
    const char *text = "";
    size_t i, size = json_array_size(choices);
    for (i = 0; i < size && i < SHOWN; i++)
        text = arena_format(arena, "%s%s%s", text, i ? ", " : "",
                            fault_excerpt(arena, json_text(arena, json_array_get(choices, i)), 60));
    return i < size ? arena_format(arena, "%s, …", text) : text;
}

static bool check_choice(struct validation *v, const struct schema_node *node, const json_t *value,
                         const struct place *at, bool quiet)
{
    bool ok = true;
    if (node->constant && schema_value_compare(node->constant, value) != 0)
        ok = FAULT(v, at, quiet, "const", "must be %s", "必须是 %s",
                   fault_excerpt(v->arena, json_text(v->arena, node->constant), 200));
    if (!node->choices)
        return ok;
    spend(v, (int64_t)json_array_size(node->choices));
    for (size_t i = 0; i < json_array_size(node->choices); i++)
        if (schema_value_compare(json_array_get(node->choices, i), value) == 0)
            return ok;
    return FAULT(v, at, quiet, "enum", "must be one of: %s", "必须是以下之一：%s",
                 choices_text(node->choices, v->arena));
}

/* --- numbers --- */

static bool check_number(struct validation *v, const struct schema_node *n, const json_t *value,
                         const struct place *at, bool quiet)
{
    struct arena *a = v->arena;
    bool ok = true;

    if (n->minimum && schema_number_compare(value, n->minimum) < 0)
        ok = FAULT(v, at, quiet, "minimum", "must be %s or more", "不得小于 %s",
                   json_text(a, n->minimum));
    if (n->maximum && schema_number_compare(value, n->maximum) > 0)
        ok = FAULT(v, at, quiet, "maximum", "must be %s or less", "不得大于 %s",
                   json_text(a, n->maximum));
    if (n->exclusive_minimum && schema_number_compare(value, n->exclusive_minimum) <= 0)
        ok = FAULT(v, at, quiet, "exclusive_minimum", "must be more than %s", "必须大于 %s",
                   json_text(a, n->exclusive_minimum));
    if (n->exclusive_maximum && schema_number_compare(value, n->exclusive_maximum) >= 0)
        ok = FAULT(v, at, quiet, "exclusive_maximum", "must be less than %s", "必须小于 %s",
                   json_text(a, n->exclusive_maximum));
    if (n->multiple_of && !schema_number_multiple(value, n->multiple_of))
        ok = FAULT(v, at, quiet, "multiple_of", "must be a multiple of %s", "必须是 %s 的倍数",
                   json_text(a, n->multiple_of));
    return ok;
}

/* --- texts --- */

static bool check_pattern(struct validation *v, const struct schema_node *node, const json_t *value,
                          const struct place *at, bool quiet)
{
    switch (schema_pattern_match(node->pattern, json_string_value(value), json_string_length(value),
                                 &v->steps)) {
    case SCHEMA_MATCH_YES:
        return true;
    case SCHEMA_MATCH_NO:
        return FAULT(v, at, quiet, "pattern", "must match the pattern %s", "必须符合模式 %s",
                     fault_excerpt(v->arena, json_get_text(node->json, "pattern"), 200));
    case SCHEMA_MATCH_TOO_COSTLY:
        break;
    }
    v->stopped = "too_costly";
    return false;
}

static bool check_text(struct validation *v, const struct schema_node *node, const json_t *value,
                       const struct place *at, bool quiet)
{
    bool ok = true;

    spend(v, (int64_t)(json_string_length(value) / 64));
    if (node->min_length > 0 || node->max_length != SIZE_MAX) {
        size_t length = schema_text_length(value);
        if (length < node->min_length)
            ok = FAULT(v, at, quiet, "min_length", "must have %zu characters or more",
                       "不得少于 %zu 个字符", node->min_length);
        if (length > node->max_length)
            ok = FAULT(v, at, quiet, "max_length", "must have %zu characters or fewer",
                       "不得超过 %zu 个字符", node->max_length);
    }
    if (node->format && node->format->fits &&
        !node->format->fits(json_string_value(value), json_string_length(value)))
        ok = FAULT_TEXT(v, at, quiet, "format", node->format->what.en, node->format->what.zh);
    if (node->pattern && !check_pattern(v, node, value, at, quiet))
        ok = false;
    return ok;
}

/* --- lists --- */

static bool check_array(struct validation *v, const struct schema_node *node, const json_t *value,
                        const struct place *at, bool quiet)
{
    size_t size = json_array_size(value);
    bool ok = true;

    if (size < node->min_items)
        ok = FAULT(v, at, quiet, "min_items", "must have %zu items or more", "不得少于 %zu 项",
                   node->min_items);
    if (size > node->max_items)
        ok = FAULT(v, at, quiet, "max_items", "must have %zu items or fewer", "不得超过 %zu 项",
                   node->max_items);
    if (node->unique_items) {
        spend(v, (int64_t)size);
        if (!schema_array_unique(value))
            ok = FAULT(v, at, quiet, "unique_items", "holds the same item twice", "有重复的项");
    }
    for (size_t i = 0; i < size && !v->stopped && (ok || !quiet); i++) {
        const struct place inside = { at, NULL, i };
        const struct schema_node *item =
            i < node->prefix_items.count ? node->prefix_items.list[i] : node->items;
        if (item && !check(v, item, json_array_get(value, i), &inside, quiet))
            ok = false;
    }
    return ok;
}

/* --- objects --- */

static bool check_required(struct validation *v, const struct schema_node *node,
                           const json_t *value, const struct place *at, bool quiet)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->required); i++) {
        const char *name = json_string_value(json_array_get(node->required, i));
        const struct place inside = { at, name, 0 };
        if (!json_object_get(value, name))
            ok = FAULT(v, &inside, quiet, "required", "is required", "是必填项");
    }
    spend(v, (int64_t)json_array_size(node->required));
    return ok;
}

static bool check_additional(struct validation *v, const struct schema_node *node,
                             const json_t *value, const struct place *at, bool quiet)
{
    const char *name;
    json_t *member;
    bool ok = true;

    json_object_foreach ((json_t *)value, name, member) {
        const struct place inside = { at, name, 0 };
        if (v->stopped || (!ok && quiet))
            break;
        if (json_object_get(node->property_map, name))
            continue;
        if (node->additional->never)
            ok = FAULT(v, &inside, quiet, "unknown_field", "is not known here", "是未知字段");
        else if (!check(v, node->additional, member, &inside, quiet))
            ok = false;
    }
    spend(v, (int64_t)json_object_size(value));
    return ok;
}

static bool check_object(struct validation *v, const struct schema_node *node, const json_t *value,
                         const struct place *at, bool quiet)
{
    size_t size = json_object_size(value);
    bool ok = true;

    if (size < node->min_properties)
        ok = FAULT(v, at, quiet, "min_properties", "must have %zu members or more",
                   "不得少于 %zu 个成员", node->min_properties);
    if (size > node->max_properties)
        ok = FAULT(v, at, quiet, "max_properties", "must have %zu members or fewer",
                   "不得超过 %zu 个成员", node->max_properties);
    if (node->required && !check_required(v, node, value, at, quiet))
        ok = false;
    for (size_t i = 0; i < node->property_count && !v->stopped && (ok || !quiet); i++) {
        const struct schema_property *p = &node->properties[i];
        const struct place inside = { at, p->name, 0 };
        const json_t *member = json_object_get(value, p->name);
        if (member && !check(v, p->node, member, &inside, quiet))
            ok = false;
    }
    spend(v, (int64_t)node->property_count);
    if (node->additional && !check_additional(v, node, value, at, quiet))
        ok = false;
    return ok;
}

/* --- combinations --- */

static bool may_have_type_of(const struct schema_node *node, const json_t *value)
{
    while (node->ref && !node->types)
        node = node->ref;
    return !node->never && (!node->types || (node->types & schema_types_of(value)));
}

static bool check_any_of(struct validation *v, const struct schema_nodes *any, const json_t *value,
                         const struct place *at, bool quiet)
{
    const struct schema_node *only = NULL;
    size_t candidates = 0;

    for (size_t i = 0; i < any->count; i++) {
        if (check(v, any->list[i], value, at, true))
            return true;
        if (v->stopped)
            return false;
        if (may_have_type_of(any->list[i], value)) {
            only = any->list[i];
            candidates++;
        }
    }
    if (candidates == 1 && !quiet)
        return check(v, only, value, at, false);
    return FAULT(v, at, quiet, "any_of", "fits none of the %zu allowed forms",
                 "不符合 %zu 种允许形式中的任何一种", any->count);
}

static bool check_one_of(struct validation *v, const struct schema_nodes *one, const json_t *value,
                         const struct place *at, bool quiet)
{
    size_t fitting = 0;
    for (size_t i = 0; i < one->count && !v->stopped && fitting < 2; i++)
        fitting += check(v, one->list[i], value, at, true);
    if (fitting == 1 || (fitting > 1 && v->sealed && sealed_value_inside(value)))
        return true;
    if (fitting == 0)
        return check_any_of(v, one, value, at, quiet);
    return FAULT(v, at, quiet, "one_of", "fits more than one of the %zu allowed forms",
                 "同时符合 %zu 种允许形式中的多种", one->count);
}

static bool check_combinations(struct validation *v, const struct schema_node *node,
                               const json_t *value, const struct place *at, bool quiet)
{
    bool ok = true;

    if (node->ref && !check(v, node->ref, value, at, quiet))
        ok = false;
    for (size_t i = 0; i < node->all_of.count && !v->stopped && (ok || !quiet); i++)
        if (!check(v, node->all_of.list[i], value, at, quiet))
            ok = false;
    if (node->any_of.count && !check_any_of(v, &node->any_of, value, at, quiet))
        ok = false;
    if (node->one_of.count && !check_one_of(v, &node->one_of, value, at, quiet))
        ok = false;
    if (v->sealed && sealed_value_inside(value)) /* what it is not, or depends on, cannot be said */
        return ok;
    if (node->negated && check(v, node->negated, value, at, true))
        ok = FAULT(v, at, quiet, "not", "has a form that is not allowed", "属于不允许的形式");
    if (node->condition) {
        const struct schema_node *branch =
            check(v, node->condition, value, at, true) ? node->then : node->otherwise;
        if (branch && !check(v, branch, value, at, quiet))
            ok = false;
    }
    return ok;
}

static bool check_kind(struct validation *v, const struct schema_node *node, const json_t *value,
                       const struct place *at, bool quiet)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return check_object(v, node, value, at, quiet);
    case JSON_ARRAY:
        return check_array(v, node, value, at, quiet);
    case JSON_STRING:
        return check_text(v, node, value, at, quiet);
    case JSON_INTEGER:
    case JSON_REAL:
        return check_number(v, node, value, at, quiet);
    default:
        return true;
    }
}

static bool check(struct validation *v, const struct schema_node *node, const json_t *value,
                  const struct place *at, bool quiet)
{
    spend(v, 1);
    if (v->depth == VALIDATE_DEPTH_MAX && !v->stopped)
        v->stopped = "depth";
    if (v->stopped)
        return false;
    if (v->sealed && sealed_value_is(value))
        return true;
    if (node->never)
        return FAULT(v, at, quiet, "never", "no value is allowed here", "此处不允许任何值");
    v->depth++;
    /* With the wrong type, or no allowed choice, the other keywords have nothing useful to add. */
    bool ok = check_type(v, node, value, at, quiet) && check_choice(v, node, value, at, quiet);
    if (ok)
        ok = check_kind(v, node, value, at, quiet);
    if (ok || !quiet)
        ok = check_combinations(v, node, value, at, quiet) && ok;
    v->depth--;
    return ok && !v->stopped;
}

static bool validate(const struct schema *schema, const json_t *value, bool sealed, struct arena *arena,
                     struct gov_err *err)
{
    struct validation v = { .arena = arena,
                            .faults = { .arena = arena },
                            .steps = SCHEMA_STEPS_MAX,
                            .sealed = sealed };

    bool ok = check(&v, schema->root, value, NULL, false);
    if (v.stopped)
        return gov_fail_at(
            err, GOV_INVALID_INPUT, "", v.stopped,
            "checking this input against its schema takes too long or nests too deep",
            "按 schema 检查该输入耗时过长或嵌套过深");
    return ok || fault_report(&v.faults, GOV_INVALID_INPUT, err);
}

bool schema_validate(const struct schema *schema, const json_t *value, struct arena *arena,
                     struct gov_err *err)
{
    return validate(schema, value, false, arena, err);
}

bool schema_validate_sealed(const struct schema *schema, const json_t *value, struct arena *arena,
                            struct gov_err *err)
{
    return validate(schema, value, sealed_value_inside(value), arena, err);
}
