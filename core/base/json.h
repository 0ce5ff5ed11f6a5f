/* json.h - jansson with this platform's limits and errors.
 *
 * What comes from outside is parsed with json_parse (duplicate keys, depth, size and invalid UTF-8
 * are refused with a path or position) and taken apart with json_decode, which knows the fields
 * there may be and names every fault by JSON Pointer (RFC 6901), up to GOV_ERR_ITEMS_MAX of them.
 * Names in this file stay clear of jansson's own json_*.
 */
#ifndef CORE_BASE_JSON_H
#define CORE_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum { JSON_DEPTH_MAX = 32 };

/* Parse one value; released with `arena`. NULL: `err` is BAD_JSON with line and column. */
json_t *json_parse(struct arena *arena, const char *text, size_t bytes, struct gov_err *err);

/* Register a reference with the arena: the arena owns it now. Returns `json`. */
json_t *json_own(struct arena *arena, json_t *json);

/* Compact text in the arena. */
char *json_text(struct arena *arena, const json_t *json);

enum json_kind {
    JSON_FIELD_TEXT, /* const char *; max = bytes (0: 1000), min = bytes */
    JSON_FIELD_INT,  /* int64_t; min/max unless both 0 */
    JSON_FIELD_BOOL, /* bool */
    JSON_FIELD_ID,   /* struct id */
    JSON_FIELD_SLUG, /* const char *, text_slug_valid */
    JSON_FIELD_TIME, /* int64_t us, RFC 3339 */
    JSON_FIELD_OBJECT, /* json_t *, borrowed */
    JSON_FIELD_ARRAY,  /* json_t *, borrowed; max = elements (0: 1000) */
    JSON_FIELD_ANY,    /* json_t *, borrowed */
};

/* One member a decoded object may have. `offset` is where in the caller's struct it goes; an absent
 * or null member leaves the struct as it is, so defaults are set before. */
struct json_field {
    const char *name;
    enum json_kind kind;
    bool required;
    size_t offset;
    int64_t min, max;
    const char *const *choices; /* for TEXT: NULL-terminated list of allowed values */
};

/* Take `object` apart. Unknown members are faults. False: INVALID_INPUT with items, in the arena. */
bool json_decode(const json_t *object, const struct json_field *fields, size_t count, void *into,
                 struct arena *arena, struct gov_err *err);
#define JSON_DECODE(object, fields, into, arena, err)                                              \
    json_decode((object), (fields), sizeof(fields) / sizeof *(fields), (into), (arena), (err))

/* Parse and decode a request's body; an empty body counts as {}. `parsed` may be NULL. */
bool json_decode_text(const char *text, size_t bytes, const struct json_field *fields, size_t count,
                      void *into, json_t **parsed, struct arena *arena, struct gov_err *err);

/* Lookups that never fail: NULL or the fallback where there is no such member of that type. */
const char *json_get_text(const json_t *object, const char *name);
/* The texts of an array, NULL-terminated, copied to the arena; it ends before what is no text. NULL: `array`
 * is none. */
const char *const *json_text_list(const json_t *array, struct arena *arena);
int64_t json_get_int(const json_t *object, const char *name, int64_t fallback);
bool json_get_bool(const json_t *object, const char *name, bool fallback);

/* Append one element of a JSON Pointer to a path ("/a" + "b/c" -> "/a/b~1c"), in the arena; cut between
 * characters to fit a gov_err's path. */
const char *json_path(struct arena *arena, const char *parent, const char *name);

/* The same, never shortened: for finding things by, not for showing. */
const char *json_path_exact(struct arena *arena, const char *parent, const char *name);

/* Canonical form (RFC 8785: members sorted, shortest numbers, no spaces): what digests are taken of. */
void json_canonical(const json_t *json, struct buf *out);
/* Compact text in the members' own order, reals in the shortest digits that read back the same. */
void json_write(const json_t *json, struct buf *out);

#endif
