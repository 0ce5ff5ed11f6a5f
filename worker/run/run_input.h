/* run_input.h - what the script is given: its input with file ids turned into paths, its arguments, its
 * files, its limits. */
#ifndef WORKER_RUN_RUN_INPUT_H
#define WORKER_RUN_RUN_INPUT_H

#include "core/model/skill/manifest.h"
#include "worker/work.h"

enum { RUN_FILES_MAX = SANDBOX_FILES_MAX };

/* A file of the payload's list {path, id, name, bytes, sha256, as}. */
struct run_file {
    struct id id;
    const char *pointer; /* into the input; "" for one that only lies there */
    const char *name;    /* under in/, made unique */
    const char *as;
    uint8_t sha256[SANDBOX_DIGEST_BYTES];
    int fd; /* -1 until opened */
};

struct run_input {
    struct run_file *files;
    size_t file_count;
    json_t *object; /* as the script sees it */
    const json_t *given; /* as it is stored */
    bool sealed;    /* some of it is still to be opened: run_input_open */
    const char *text;
    const char *const *args;
    size_t arg_count;
    struct sandbox_limits limits;
};

/* Put what was opened, {JSON Pointer: value}, where it was sealed, and look at the whole by the action's schema.
 * False: INVALID_INPUT, or arguments that cannot be made. */
bool run_input_open(const struct skill_action *action, const json_t *opened, struct arena *arena,
                    struct run_input *input, struct gov_err *err);

/* False: INTERNAL for a payload that is not one, INVALID_INPUT for arguments that cannot be made. */
bool run_input_make(const struct claimed *job, const struct skill_action *action,
                    struct arena *arena, struct run_input *input, struct gov_err *err);

#endif
