/* input.h - a run's input object out of a command line.
 *
 *     key=value     typed by the action's input schema; the same key again makes a list
 *     key:=json     any JSON
 *     a.b=value     a member of an object
 *     --input FILE  a JSON object to begin with ("-": standard input)
 *     --file PATH, --file key=PATH
 *                   uploaded; its id goes into the file parameter of that name, or into the only
 *                   one that is free and accepts it, else beside the input (`files`)
 *     key=PATH      where the schema says that key is a file, it is uploaded too
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "core/base/err.h"

struct input {
    const json_t *schema; /* of the action; NULL: unknown, everything is text */
    json_t *object;       /* the input */
    json_t *files;        /* ids that belong to no parameter */
};

/* From the words after the first `skip` ones and the options. */
bool input_build(struct cli *cli, const struct args *args, size_t skip, const json_t *schema,
                 struct input *input, struct gov_err *err);

/* One value typed by its schema (NULL: text). NULL: INVALID_INPUT at `path`. A new reference. */
json_t *input_value(const json_t *root, const json_t *schema, const char *text, const char *path,
                    struct gov_err *err);

/* Take "key=value" or "key:=json" into `object`; `schema` is the object's. False: INVALID_INPUT. */
bool input_assign(json_t *object, const json_t *schema, const char *word, struct arena *arena,
                  struct gov_err *err);

/* Is this a file parameter, or a list of them? */
bool input_schema_is_file(const json_t *root, const json_t *schema);

/* The file parameter of `schema` that `object` does not have yet and that takes a file of this name;
 * NULL if there is none or more than one. */
const char *input_file_parameter(const json_t *schema, const json_t *object, const char *name);

/* POST /v1/files; *id is the file's. */
bool input_upload(struct cli *cli, const char *path, const char **id, struct gov_err *err);

#endif
