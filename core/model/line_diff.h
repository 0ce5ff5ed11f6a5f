/* line_diff.h - what changed between two texts, line by line, as everybody reads it. */
#ifndef CORE_MODEL_LINE_DIFF_H
#define CORE_MODEL_LINE_DIFF_H

#include <stdbool.h>

#include "core/base/buf.h"

enum { LINE_DIFF_LINES_MAX = 8000, LINE_DIFF_EDITS_MAX = 200, LINE_DIFF_CONTEXT = 3 };

/* The hunks of a unified diff ("@@ -1,3 +1,4 @@", then lines with ' ', '-' or '+'), without file names;
 * nothing for equal texts. The shortest script of edits, found in at most LINE_DIFF_EDITS_MAX of them;
 * where there are more, what differs between the first and the last common line is shown as one piece.
 * False, and nothing written: a text has more than LINE_DIFF_LINES_MAX lines. Lines are copied as they
 * are: whoever shows them makes them harmless. */
bool line_diff(const char *before, const char *after, struct buf *out);

#endif
