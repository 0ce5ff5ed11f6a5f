/* tool_parts.h - the tools of intent_tool.h, and what they share. */
#ifndef WORKER_INTENT_TOOL_TOOL_PARTS_H
#define WORKER_INTENT_TOOL_TOOL_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

int tool_eval(int argc, char **argv);
int tool_fill(int argc, char **argv);
int tool_match(int argc, char **argv);
/* Print `what` (may be NULL) and the usage to stderr. Always 2. */
int tool_usage(const char *what);

enum { TOOL_FILE_BYTES_MAX = 64 << 20 };

/* A whole file, NUL-terminated, in the arena. */
bool tool_read_file(const char *path, char **text, size_t *bytes, struct arena *arena,
                    struct gov_err *err);

#endif
