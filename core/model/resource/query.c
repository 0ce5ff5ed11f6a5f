/* query.c - how to find out whether a write whose answer was lost has happened: another read of the same resource.
 *
 * The resource's owner says which read, where its parameters come from (the idempotency key, the write's body, its
 * parameters) and by which answers it is done or not done. Every other answer says nothing: what nobody listed is
 * never taken for "not done", for that would send the write again.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_pointer.h"
#include "core/model/resource/parts.h"

enum { STATUSES_MAX = 20, POINTER_BYTES_MAX = 300, SETTLE_S = 5, SETTLE_S_MAX = 3600, WITHIN_S = 900, WITHIN_S_MAX = 86400 };

struct query_reader {
    const struct resource *resource;
    const struct resource_operation *write, *read;
    struct fault_list *faults;
    struct arena *arena;
};

static const char *below(struct query_reader *r, const char *path, const char *name)
{
    return json_path_exact(r->arena, path, name);
}

static void wrong(struct query_reader *r, const char *path, const char *en, const char *zh)
{
    fault_add_text(r->faults, path, "format", (struct gov_text){ en, zh });
}

static void known_only(struct query_reader *r, const json_t *object, const char *path, const char *const *known)
{
    const char *name;
    json_t *member;

    json_object_foreach ((json_t *)object, name, member) {
        const char *const *k = known;
        while (*k && strcmp(*k, name) != 0)
            k++;
        if (!*k)
            fault_add(r->faults, below(r, path, name), "unknown_field", "there is no such field", "没有这个字段");
    }
}

static int64_t seconds_at(struct query_reader *r, const json_t *from, const char *path, const char *name, int64_t least,
                          int64_t most, int64_t otherwise)
{
    const json_t *member = json_object_get(from, name);
    int64_t value = member ? json_integer_value(member) : otherwise;

    if (member && (!json_is_integer(member) || value < least || value > most)) {
        fault_add(r->faults, below(r, path, name), "range", "must be a whole number between %lld and %lld",
                  "必须是 %lld 到 %lld 之间的整数", (long long)least, (long long)most);
        return otherwise;
    }
    return value;
}

/* --- where a parameter comes from --- */

static bool pointer_valid(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && (!*text || *text == '/') && strlen(text) <= POINTER_BYTES_MAX;
}

/* The only member of a reference, "$key" and the like; NULL: the value is a constant. */
static const char *reference(const json_t *value, const json_t **argument)
{
    void *first = json_object_iter((json_t *)value);
    const char *name = first ? json_object_iter_key(first) : NULL;

    if (!name || *name != '$' || json_object_size(value) != 1)
        return NULL;
    *argument = json_object_iter_value(first);
    return name;
}

static void check_value(struct query_reader *r, const json_t *value, const char *here)
{
    const json_t *argument = NULL;
    const char *kind = reference(value, &argument);

    if (!kind && (json_is_object(value) || json_is_array(value) || json_is_null(value)))
        wrong(r, here, "must be a text, a number, a truth value, or one of {\"$key\": true}, {\"$body\": pointer}, "
                       "{\"$parameter\": name}",
              "必须是文本、数字、真假值，或 {\"$key\": true}、{\"$body\": 指针}、{\"$parameter\": 名称} 之一");
    else if (kind && strcmp(kind, "$key") == 0 && (!json_is_true(argument) || !r->resource->idempotency_header))
        wrong(r, here, "{\"$key\": true} needs \"idempotency_header\": otherwise the other side never saw the key",
              "{\"$key\": true} 需要 idempotency_header：否则对方并不知道该键");
    else if (kind && strcmp(kind, "$body") == 0 && (!pointer_valid(argument) || !r->write->body || json_is_null(r->write->body)))
        wrong(r, here, "{\"$body\": …} is a JSON Pointer (\"/sku\") into the body of an operation that has one",
              "{\"$body\": …} 须为指向请求体的 JSON Pointer（如 \"/sku\"），且该操作须有请求体");
    else if (kind && strcmp(kind, "$parameter") == 0 &&
             !json_object_get(r->write->parameters, json_string_value(argument) ? json_string_value(argument) : ""))
        wrong(r, here, "{\"$parameter\": …} names a parameter of this operation", "{\"$parameter\": …} 须为该操作的参数名");
    else if (kind && strcmp(kind, "$key") != 0 && strcmp(kind, "$body") != 0 && strcmp(kind, "$parameter") != 0)
        wrong(r, here, "is none of $key, $body, $parameter", "不是 $key、$body、$parameter 之一");
}

static const json_t *read_values(struct query_reader *r, const json_t *from, const char *path)
{
    const json_t *values = json_object_get(from, "parameters"), *required = json_object_get(r->read->schema, "required");
    const char *here = below(r, path, "parameters"), *name;
    json_t *value, *one;
    size_t i;

    if (values && !json_is_object(values))
        wrong(r, here, "must be an object of values", "必须是由取值组成的对象");
    json_object_foreach ((json_t *)values, name, value) {
        if (!json_object_get(r->read->parameters, name))
            fault_add(r->faults, below(r, here, name), "unknown_field", "\"%s\" has no such parameter",
                      "“%s”没有这个参数", r->read->name);
        else
            check_value(r, value, below(r, here, name));
    }
    json_array_foreach ((json_t *)required, i, one)
        if (json_string_value(one) && !json_object_get(values, json_string_value(one)))
            fault_add(r->faults, below(r, here, json_string_value(one)), "required", "\"%s\" needs this parameter",
                      "“%s”需要该参数", r->read->name);
    return json_is_object(values) ? values : json_own(r->arena, json_object());
}

/* --- what an answer says --- */

static bool statuses_valid(const json_t *list)
{
    json_t *one;
    size_t i;

    json_array_foreach ((json_t *)list, i, one)
        if (!json_is_integer(one) || json_integer_value(one) < 200 || json_integer_value(one) > 499)
            return false;
    return json_array_size(list) > 0 && json_array_size(list) <= STATUSES_MAX;
}

static void read_sign(struct query_reader *r, const json_t *from, const char *path, const char *name, bool required,
                      struct resource_sign *sign)
{
    static const char *const known[] = { "status", "pointer", "equals", NULL };
    const json_t *object = json_object_get(from, name), *pointer = json_object_get(object, "pointer");
    const char *here = below(r, path, name);

    memset(sign, 0, sizeof *sign);
    if (!object && !required)
        return;
    known_only(r, object, here, known);
    if (!json_is_object(object) || !statuses_valid(json_object_get(object, "status")))
        wrong(r, below(r, here, "status"), "must list 1 to 20 statuses between 200 and 499",
              "须列出 1 到 20 个 200 到 499 之间的状态码");
    if (pointer && !pointer_valid(pointer))
        wrong(r, below(r, here, "pointer"), "must be a JSON Pointer: empty, or beginning with /",
              "必须是 JSON Pointer：为空，或以 / 开头");
    if (json_object_get(object, "equals") && !pointer)
        wrong(r, below(r, here, "equals"), "needs \"pointer\", which says what has to be equal", "需要以 pointer 指明比较的值");
    *sign = (struct resource_sign){ json_object_get(object, "status"), json_string_value(pointer),
                                    json_object_get(object, "equals") };
}

const struct resource_query *resource_query_read(const struct resource *resource, const struct resource_operation *o,
                                                 const json_t *from, const char *path, json_t *out,
                                                 struct fault_list *faults)
{
    static const char *const known[] = { "operation", "parameters", "done", "not_done", "settle_s", "within_s", NULL };
    const json_t *query = json_object_get(from, "query");
    const char *asks = json_get_text(query, "operation");
    struct query_reader r = { resource, o, asks ? resource_operation_find(resource, asks) : NULL, faults, faults->arena };

    if (!query || json_is_null(query))
        return NULL;
    if (!json_is_object(query) || !o->write) {
        wrong(&r, path, "must be an object, and of an operation that writes: only of a write it matters whether it happened",
              "必须是对象，且仅用于写操作：只有写操作才需要核实是否已生效");
        return NULL;
    }
    known_only(&r, query, path, known);
    if (!r.read || r.read->write || !r.read->allowed) {
        wrong(&r, below(&r, path, "operation"), "must name a read of this resource that is allowed",
              "必须是该资源中已允许的读操作");
        return NULL;
    }
    struct resource_query *q = ARENA_ARRAY(r.arena, struct resource_query, 1);
    q->operation = r.read->name;
    q->parameters = read_values(&r, query, path);
    read_sign(&r, query, path, "done", true, &q->done);
    read_sign(&r, query, path, "not_done", false, &q->not_done);
    q->settle_s = seconds_at(&r, query, path, "settle_s", 0, SETTLE_S_MAX, SETTLE_S);
    q->within_s = seconds_at(&r, query, path, "within_s", 10, WITHIN_S_MAX, WITHIN_S);
    json_t *whole = json_deep_copy(query);
    json_object_set_new(whole, "parameters", json_deep_copy(q->parameters));
    json_object_set_new(whole, "settle_s", json_integer(q->settle_s));
    json_object_set_new(whole, "within_s", json_integer(q->within_s));
    json_object_set_new(out, "query", whole);
    return q;
}

/* --- asking --- */

static json_t *value_of(const struct resource_call *call, const json_t *body, const char *key, const json_t *value,
                        struct arena *arena)
{
    const json_t *argument = NULL;
    const char *kind = reference(value, &argument);

    if (!kind)
        return json_incref((json_t *)value);
    if (strcmp(kind, "$key") == 0)
        return json_string(key);
    if (strcmp(kind, "$body") == 0)
        return json_incref(json_pointer_get((json_t *)body, json_string_value(argument), arena));
    return json_incref(json_object_get(call->parameters, json_string_value(argument)));
}

bool resource_query_make(const struct resource *resource, const struct resource_call *call, const char *key,
                         struct resource_call *question, struct arena *arena, struct gov_err *err)
{
    const struct resource_query *q = call->operation->query;
    json_t *values = json_own(arena, json_object()), *value;
    struct gov_err ignored;
    const json_t *body = call->body ? json_parse(arena, call->body, call->body_bytes, &ignored) : NULL;
    const char *name;

    json_object_foreach ((json_t *)q->parameters, name, value) {
        json_t *given = value_of(call, body, key, value, arena);
        /* Left out, it would ask for more than this write, and any other one would be found in its place. */
        if (!given)
            return gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "/parameters/%s", name), "required",
                               "the write has nothing where this is to come from", "该写操作中没有对应的取值");
        json_object_set_new(values, name, given);
    }
    struct resource_wish wish = { .operation = q->operation, .parameters = values };
    return resource_call_make(resource, &wish, question, arena, err);
}

static bool sign_seen(const struct resource_sign *sign, int status, const json_t *body, struct arena *arena)
{
    bool listed = false;
    json_t *one;
    size_t i;

    json_array_foreach ((json_t *)sign->status, i, one)
        listed = listed || json_integer_value(one) == status;
    if (!listed || !sign->pointer)
        return listed;
    const json_t *there = body ? json_pointer_get((json_t *)body, sign->pointer, arena) : NULL;
    return sign->equals ? there && json_equal((json_t *)there, (json_t *)sign->equals) : there && !json_is_null(there);
}

enum resource_verdict resource_query_verdict(const struct resource_query *query, int status, const char *body,
                                             size_t body_bytes, struct arena *arena)
{
    struct gov_err ignored;
    const json_t *json = body_bytes ? json_parse(arena, body, body_bytes, &ignored) : NULL;

    if (sign_seen(&query->done, status, json, arena))
        return RESOURCE_DONE;
    return sign_seen(&query->not_done, status, json, arena) ? RESOURCE_NOT_DONE : RESOURCE_NOT_KNOWN;
}
