/* file.h - messages as lines of a file: for demonstrations and tests, where no mail server is. */
#ifndef LIFECYCLE_CHANNEL_FILE_H
#define LIFECYCLE_CHANNEL_FILE_H

#include "core/store/outbox/delivery.h"

/* NULL if `path` is "". */
const struct delivery_channel *channel_file(const char *path);

#endif
