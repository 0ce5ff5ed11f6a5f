/* args.h - from an input object to a script's command line, as an action's `args` says.
 *
 * A template is a list; what its elements give is passed after the script's name. Nothing is ever
 * seen by a shell.
 *   "text"          one argument, as it stands
 *   "{name}"        the input's member `name`: text as it is, numbers in shortest form, true/false,
 *                   lists joined by commas, objects as JSON. May be part of a text:
 *                   "--out={name}.csv"
 *   "{name*}"       the element once for each item of a list: "{files*}" -> a b, "--tag={tags*}" ->
 *                   --tag=x --tag=y. One such placeholder an element
 *   "{?name:text}"  `text` if the member is there and not false, null, "" or empty
 *   "{!name:text}"  `text` otherwise. Both are an element of their own; `text` is literal
 *   ["…", "…"]      a group: all of it, or, if a value in it is absent or null or an empty list,
 *                   nothing
 *   "{{" and "}}"   braces
 * An element with an absent value is left out. A plain option (starts with "-", has no "=" and no
 * placeholder) directly before an element made of nothing but a placeholder forms a group with it:
 * ["--month", "{month}"] needs no inner list. Write the option as ["--verbose"] to keep it apart.
 *
 * A value cannot pose as an option: where an argument begins with a value that is a text starting
 * with "-", and no "--" came before it in the template, expanding fails. "--month={month}" takes
 * anything.
 */
#ifndef CORE_MODEL_SKILL_ARGS_H
#define CORE_MODEL_SKILL_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/fault.h"

enum { SKILL_ARGS_MAX = 1000, SKILL_ARGS_BYTES_MAX = 128 * 1024, SKILL_ARGS_TEMPLATE_MAX = 64 };

struct skill_args {
    char **argv; /* `count` texts and a NULL, in the arena */
    size_t count;
};

/* Is it a template, and does every name in it exist among `schema`'s properties (NULL or no
 * properties: any name)? Adds faults under `path`; codes: type, template, unknown_name,
 * max_items. */
void skill_args_check(const json_t *template, const json_t *schema, const char *path,
                      struct fault_list *faults);

/* Expand a template that was checked. `input` is the object as the script sees it: defaults
 * applied, file ids already replaced by paths. False: INVALID_INPUT at the member's path
 * (leading_dash, too_long). */
bool skill_args_expand(const json_t *template, const json_t *input, struct arena *arena,
                       struct skill_args *args, struct gov_err *err);

#endif
