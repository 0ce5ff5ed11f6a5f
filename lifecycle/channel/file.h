/* file.h - messages as lines of a file: for demonstrations and tests, where no mail server is. */
#ifndef LIFECYCLE_CHANNEL_FILE_H
#define LIFECYCLE_CHANNEL_FILE_H

#include "core/store/outbox/delivery.h"

/* Append it to the file at `path`; blocks. */
void channel_file_append(const char *path, const struct delivery *delivery, struct delivery_result *result);

#endif
