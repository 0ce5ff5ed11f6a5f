/* file.c - one JSON line a message, appended whole: O_APPEND and one write, so that several processes may share
 * the file. */
#include "lifecycle/channel/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"

void channel_file_append(const char *path, const struct delivery *d, struct delivery_result *result)
{
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "message_id", d->message_id, "key", d->action_key, "event",
                             d->event, "channel", d->channel, "endpoint", d->endpoint, "locale", d->locale, "payload",
                             d->payload);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

    CHECK(text);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    size_t bytes = strlen(text);

    text[bytes] = '\n';
    ssize_t written = fd < 0 ? -1 : write(fd, text, bytes + 1);
    result->outcome = written == (ssize_t)bytes + 1 ? DELIVERY_SENT : DELIVERY_RETRY;
    if (result->outcome != DELIVERY_SENT)
        snprintf(result->detail, sizeof result->detail, "%s", written < 0 ? strerror(errno) : "it was written in part: no room");
    if (fd >= 0)
        close(fd);
    free(text);
    json_decref(line);
}
