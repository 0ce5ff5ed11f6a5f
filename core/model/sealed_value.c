#include "core/model/sealed_value.h"

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/plan/show.h"

enum { PLACES_MAX = 1000 };

bool sealed_value_is(const json_t *json)
{
    return json_is_object(json) && json_object_size(json) == 1 &&
           json_is_object(json_object_get(json, SEALED_MEMBER));
}

/* The walk is as deep as parsed JSON may be (JSON_DEPTH_MAX). */
static bool has_member(const json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;

    if (json_is_object(json) && json_object_get(json, SEALED_MEMBER))
        return true;
    json_object_foreach ((json_t *)json, name, value)
        if (has_member(value))
            return true;
    json_array_foreach (json, i, value)
        if (has_member(value))
            return true;
    return false;
}

bool sealed_value_inside(const json_t *json)
{
    return has_member(json);
}

bool sealed_value_refuse(const json_t *given, const char *path, struct gov_err *err)
{
    return !has_member(given) ||
           gov_fail_at(err, GOV_INVALID_INPUT, path, "reserved",
                       "\"%s\" is the platform's own name; give the value itself",
                       "“%s”是平台保留名称；请直接给出值", SEALED_MEMBER);
}

struct listing {
    struct arena *arena;
    struct sealed_place *places;
    size_t count;
};

static void list(struct listing *l, const json_t *json, const char *path)
{
    const char *name;
    json_t *value;
    size_t i;

    if (sealed_value_is(json)) {
        if (!l->places)
            l->places = ARENA_ARRAY(l->arena, struct sealed_place, PLACES_MAX);
        if (l->count < PLACES_MAX)
            l->places[l->count++] = (struct sealed_place){ path, json_object_get(json, SEALED_MEMBER) };
        return;
    }
    json_object_foreach ((json_t *)json, name, value)
        list(l, value, json_path_exact(l->arena, path, name));
    json_array_foreach (json, i, value)
        list(l, value, json_path_exact(l->arena, path, arena_format(l->arena, "%zu", i)));
}

size_t sealed_value_list(const json_t *json, struct arena *arena, struct sealed_place **places)
{
    struct listing l = { .arena = arena };

    list(&l, json, "");
    *places = l.places;
    return l.count;
}

void sealed_value_mask(json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;

    json_object_foreach (json, name, value) {
        if (sealed_value_is(value))
            CHECK(json_object_set_new(json, name, json_string(PLAN_MASK)) == 0);
        else
            sealed_value_mask(value);
    }
    json_array_foreach (json, i, value) {
        if (sealed_value_is(value))
            CHECK(json_array_set_new(json, i, json_string(PLAN_MASK)) == 0);
        else
            sealed_value_mask(value);
    }
}
