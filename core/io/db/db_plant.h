/* db_plant.h - bugs on purpose: what the chaos tests plant, to see that they would find it.
 *
 * Only where EXECGOV_PLANTS is defined, which builds with sanitizers do and no other. Everywhere else the
 * calls are nothing at all: no code, no environment variable, no text.
 */
#ifndef CORE_IO_DB_DB_PLANT_H
#define CORE_IO_DB_DB_PLANT_H

#include <stdbool.h>

#ifdef EXECGOV_PLANTS
/* Is this the bug that $EXECGOV_PLANT names? */
bool planted(const char *bug);
/* `text` of the statement called `name`, or the same with the planted bug; lives as long as the program. */
const char *planted_text(const char *name, const char *text);
#else
#define planted(bug) false
#define planted_text(name, text) (text)
#endif

#endif
