/* glob.h - which relative paths a collect pattern means.
 *
 * "*" any characters but '/', "?" one such character, a component "**" any number of folders (at
 * the end: everything below). No classes, no escapes: a name with a star in it cannot be meant
 * literally.
 */
#ifndef WORKER_SANDBOX_HARVEST_GLOB_H
#define WORKER_SANDBOX_HARVEST_GLOB_H

#include <stdbool.h>

/* Time is bounded by pattern length times path length. */
bool glob_match(const char *pattern, const char *path);

#endif
