/* output_mark.h - lines on stderr by which a script, or the platform's module in it, says something to the platform.
 *
 *     ::progress 40 reading                          how far it is
 *     ::missing pandas main.py:3                     it imported what is not there
 *     ::refused 10.0.0.1: no network (at main.py:9)  it called what it may not, and nobody outside of it was asked
 *
 * Nothing is believed that could not also have been printed: what they say concerns the run that says it.
 */
#ifndef WORKER_RUN_OUTPUT_MARK_H
#define WORKER_RUN_OUTPUT_MARK_H

#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_MARK_BYTES_MAX = 600 }; /* a longer line is output, whatever it begins with */

enum output_mark { MARK_NONE, MARK_PROGRESS, MARK_MISSING, MARK_REFUSED };

/* What a whole line (without its newline) says; `words` is where what follows the mark begins. */
enum output_mark output_mark_read(const char *line, size_t bytes, const char **words);
/* Whether the beginning of a line may become one of them. */
bool output_mark_may_be(const char *beginning, size_t bytes);

#endif
