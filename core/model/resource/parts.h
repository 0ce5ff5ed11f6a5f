/* parts.h - shared by the files of this folder. */
#ifndef CORE_MODEL_RESOURCE_PARTS_H
#define CORE_MODEL_RESOURCE_PARTS_H

#include "core/base/buf.h"
#include "core/model/fault.h"
#include "core/model/resource.h"

/* A path cut at its slashes, percent-decoded. */
struct resource_path {
    const char *segments[RESOURCE_SEGMENTS_MAX];
    size_t count;
};
/* False: it is odd (see resource.h) or too deep. "" and "/" have no segments. */
bool resource_path_read(const char *path, struct resource_path *out, struct arena *arena);

/* One percent-encoded text, decoded. NULL: a broken or doubled encoding, a control character, invalid
 * UTF-8. In a query '+' is a space. */
const char *resource_decode(const char *text, size_t bytes, bool query, struct arena *arena);
/* Everything but RFC 3986's unreserved characters as %XX. */
void resource_encode(const char *text, struct buf *out);

/* "{id}": the name, in the arena; NULL: a literal segment. */
const char *resource_placeholder(const char *segment, struct arena *arena);

/* Is this the path of an operation? `values` gets its parameters as text. */
bool resource_path_match(const char *template, const struct resource_path *path, json_t *values,
                         struct arena *arena);
/* The operation that a call with this method and path is of: of several the most literal. NULL: none. `values` gets its
 * parameters as text. */
const struct resource_operation *resource_operation_at(const struct resource *resource, const char *method,
                                                       const struct resource_path *path, json_t *values,
                                                       struct arena *arena);
/* Another operation that the partner may take this path for, when it is called as `own`: one at least as literal that
 * the path, as servers read paths, fits, too. NULL: none, and what was judged is what is called. */
const struct resource_operation *resource_operation_instead(const struct resource *resource,
                                                            const struct resource_operation *own,
                                                            const char *method, const struct resource_path *path,
                                                            struct arena *arena);
/* Does a page pattern cover this path? "*" is one segment, "**" at the end is the rest. */
bool resource_pattern_match(const struct resource_path *pattern, const struct resource_path *path);

/* The path with the parameters filled in; those used are taken out of `values`. False: one is missing or
 * cannot be a segment. */
bool resource_path_build(const char *template, json_t *values, struct buf *out, struct arena *arena,
                         struct gov_err *err);

/* The "query" of the operation `o`, whose definition as written is `from`, at `path`; after every operation and limit
 * was read. NULL: there is none, or it has faults. `out` gets the completed member. */
const struct resource_query *resource_query_read(const struct resource *resource, const struct resource_operation *o,
                                                 const json_t *from, const char *path, json_t *out,
                                                 struct fault_list *faults);

/* A header's name may be set by us or a caller: a token, and none that frames or routes the message. */
bool resource_header_name_valid(const char *name);
bool resource_header_value_valid(const char *value);

/* Does it ask for another method or address than the call's? A header; a query's or form's name; a body. */
bool resource_override_header(const char *name);
bool resource_override_name(const char *name);
bool resource_override_body(const char *body, size_t bytes, struct arena *arena);

#endif
