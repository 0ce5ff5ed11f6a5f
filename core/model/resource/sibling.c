/* sibling.c - two operations that one path could be of.
 *
 * A parameter's value may spell another operation's path: "/orders/{id}" with "purge" is what "/orders/purge" is
 * called with. The partner's router takes the path for the more literal of the two, so that is what is called, whatever
 * was named here. The whitelist, the risk and what an action declares belong to an operation; a call is made only where
 * its path cannot be another's.
 */
#include <string.h>
#include <strings.h>

#include "core/model/resource/parts.h"

/* How a segment of a template takes a value. A server may ignore case, and what follows a dot or a blank (".json"). */
enum fit { FIT_NOT, FIT_LOOSELY, FIT_EXACTLY };

struct template {
    const char *segments[RESOURCE_SEGMENTS_MAX];
    bool literal[RESOURCE_SEGMENTS_MAX];
    size_t count;
};

static void template_read(const char *path, struct template *out, struct arena *arena)
{
    out->count = 0;
    while (*path && out->count < RESOURCE_SEGMENTS_MAX) {
        size_t length = strcspn(++path, "/");
        const char *segment = arena_copy(arena, path, length);
        path += length;
        if (!*segment) /* a slash at the end */
            continue;
        out->literal[out->count] = resource_placeholder(segment, arena) == NULL;
        out->segments[out->count++] = segment;
    }
}

static enum fit segment_fit(const char *literal, const char *value)
{
    size_t length = strlen(literal);

    if (strncasecmp(literal, value, length) != 0)
        return FIT_NOT;
    return !value[length] ? FIT_EXACTLY : value[length] == '.' || value[length] == ' ' ? FIT_LOOSELY : FIT_NOT;
}

static enum fit template_fit(const struct template *t, const struct resource_path *path)
{
    enum fit least = FIT_EXACTLY;

    if (t->count != path->count)
        return FIT_NOT;
    for (size_t i = 0; i < t->count; i++) {
        enum fit one = t->literal[i] ? segment_fit(t->segments[i], path->segments[i]) : FIT_EXACTLY;
        least = one < least ? one : least;
    }
    return least;
}

/* Has `a` a literal segment where `b` has a parameter? Both have as many segments. */
static bool more_literal(const struct template *a, const struct template *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->literal[i] && !b->literal[i])
            return true;
    return false;
}

static bool all_literal(const struct template *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (!t->literal[i])
            return false;
    return true;
}

/* A HEAD is answered by what answers GET. */
static bool serves(const struct resource_operation *o, const char *method)
{
    return strcmp(o->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(o->method, "GET") == 0);
}

const struct resource_operation *resource_operation_at(const struct resource *resource, const char *method,
                                                       const struct resource_path *path, json_t *values,
                                                       struct arena *arena)
{
    const struct resource_operation *best = NULL;
    struct template chosen = { .count = 0 }, other;

    for (size_t i = 0; i < resource->operation_count; i++) {
        const struct resource_operation *o = &resource->operations[i];
        if (!serves(o, method) || !resource_path_match(o->path, path, values, arena))
            continue;
        template_read(o->path, &other, arena);
        if (best && (!more_literal(&other, &chosen) || more_literal(&chosen, &other)))
            continue;
        best = o;
        chosen = other;
    }
    json_object_clear(values);
    if (best)
        resource_path_match(best->path, path, values, arena);
    return best;
}

const struct resource_operation *resource_operation_instead(const struct resource *resource,
                                                            const struct resource_operation *own,
                                                            const char *method, const struct resource_path *path,
                                                            struct arena *arena)
{
    struct template mine, other;

    template_read(own->path, &mine, arena);
    for (size_t i = 0; i < resource->operation_count; i++) {
        const struct resource_operation *o = &resource->operations[i];
        if (o == own || !serves(o, method))
            continue;
        template_read(o->path, &other, arena);
        enum fit fit = template_fit(&other, path);
        if (fit == FIT_NOT || (more_literal(&mine, &other) && !more_literal(&other, &mine)))
            continue;
        bool stricter = !o->allowed || (o->risk == SKILL_RISK_HIGH && own->risk != SKILL_RISK_HIGH);
        bool literal_more = more_literal(&other, &mine);
        /* Of the same shape: what tells them apart is the body where no parameter is in the path. */
        if (!literal_more && (all_literal(&mine) || !stricter))
            continue;
        if (fit == FIT_EXACTLY || stricter)
            return o;
    }
    return NULL;
}
