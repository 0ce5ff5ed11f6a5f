/* model_file.h - the model files of a worker: <folder>/<schema>/<digest>.model.
 *
 * A tenant's folder is its schema, the name in it says what was learnt from. A file is a pure
 * function of that, so it does not matter who writes it, nor that two may at once: each writes a
 * name of its own and renames it. What is mapped stays readable after it was deleted.
 *
 * All calls block. Mapping is a look into the page cache; the others are for the thread pool.
 */
#ifndef WORKER_INTENT_RECOGNISER_MODEL_FILE_H
#define WORKER_INTENT_RECOGNISER_MODEL_FILE_H

#include "worker/intent/recogniser/recogniser.h"

/* False: there is none (no error is filled in: it is to be built), or it is damaged and was
 * removed. */
bool model_file_map(const char *folder, const char *schema, const char *digest,
                    struct recogniser *recogniser);
bool model_file_exists(const char *folder, const char *schema, const char *digest);
/* Then all but the newest few of this tenant are deleted. FILES_UNAVAILABLE. */
bool model_file_write(const char *folder, const char *schema, const char *digest,
                      const struct buf *image, struct gov_err *err);

#endif
