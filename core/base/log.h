/* log.h - one JSON line an event on stderr.
 *
 *     log_write(LEVEL_INFO, "job.claimed", LOG_FIELD("job", id.text), LOG_NUMBER("fence", 3));
 *
 * error: someone must act; warn: survived; info: a state changed; debug: off by default.
 * Event names are dotted, lower case. Library code returns errors and does not log.
 */
#ifndef CORE_BASE_LOG_H
#define CORE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

struct log_field {
    const char *name;
    const char *text; /* NULL is shown as "" */
    int64_t number;
    bool is_number;
};

#define LOG_FIELD(name, text) ((struct log_field){ (name), (text), 0, false })
#define LOG_NUMBER(name, number) ((struct log_field){ (name), 0, (number), true })
/* Nothing of the value is printed. */
#define LOG_SECRET(name) ((struct log_field){ (name), "[secret]", 0, false })

void log_start(const char *service, enum log_level least);
bool log_level_parse(const char *text, enum log_level *level);
void log_write_fields(enum log_level level, const char *event, const struct log_field *fields,
                      int count);
#define log_write(level, event, ...)                                                               \
    log_write_fields((level), (event), (const struct log_field[]){ { 0 }, ##__VA_ARGS__ },        \
                     (int)(sizeof((const struct log_field[]){ { 0 }, ##__VA_ARGS__ }) /            \
                           sizeof(struct log_field)))
/* The error's code, detail and cause as fields, with `event`; and whose it is, as of log_write. */
void log_error_fields(enum log_level level, const char *event, const struct gov_err *err,
                      const struct log_field *fields, int count);
#define log_error(level, event, err, ...)                                                          \
    log_error_fields((level), (event), (err), (const struct log_field[]){ { 0 }, ##__VA_ARGS__ },  \
                     (int)(sizeof((const struct log_field[]){ { 0 }, ##__VA_ARGS__ }) /            \
                           sizeof(struct log_field)))

#endif
