#include "core/base/log.h"

#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"

/* Process-wide by nature: a log line has no context to be passed through. Set once at start. */
static const char *log_service = "-";
static enum log_level log_least = LEVEL_INFO;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_start(const char *service, enum log_level least)
{
    log_service = service;
    log_least = least;
}

bool log_level_parse(const char *text, enum log_level *level)
{
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_write_fields(enum log_level level, const char *event, const struct log_field *fields,
                      int count)
{
    char time[CLOCK_TEXT_BYTES];
    struct buf line = { 0 };

    if (level < log_least)
        return;
    buf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\",\"event\":\"%s\"",
             clock_format(clock_now_us(), time), level_names[level], log_service, event);
    for (int i = 1; i < count; i++) {
        buf_addf(&line, ",\"%s\":", fields[i].name);
        const char *text = fields[i].text ? fields[i].text : "";
        if (fields[i].is_number)
            buf_addf(&line, "%lld", (long long)fields[i].number);
        else
            buf_add_json_string(&line, text, strlen(text));
    }
    buf_add_text(&line, "}\n");
    /* A log that cannot be written (full disk, closed pipe) must not stop the work. */
    ssize_t ignored = write(STDERR_FILENO, line.data, line.length);
    (void)ignored;
    buf_release(&line);
}

void log_error_fields(enum log_level level, const char *event, const struct gov_err *err,
                      const struct log_field *fields, int count)
{
    enum { OWN = 5, MORE = 8 };
    struct log_field all[OWN + MORE] = { { 0 },
                                         LOG_FIELD("code", gov_code_info(err->code)->wire),
                                         LOG_FIELD("detail", gov_err_detail(err, GOV_EN)),
                                         LOG_FIELD("cause", err->cause),
                                         LOG_FIELD("path", err->path) };
    int used = OWN;

    for (int i = 1; i < count && used < OWN + MORE; i++)
        all[used++] = fields[i];
    log_write_fields(level, event, all, used);
}
