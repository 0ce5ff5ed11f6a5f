#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

static const struct gov_code_info infos[GOV_CODE_COUNT] = {
    [GOV_OK] = { "ok", 200, 0, false, { "Done", "完成" } },
#define ERR(name, wire, status, exit_code, retry, en, zh)                                          \
    [GOV_##name] = { wire, status, exit_code, retry, { en, zh } },
#include "core/base/err_codes.def"
#undef ERR
};

const struct gov_code_info *gov_code_info(enum gov_code code)
{
    CHECK((unsigned)code < GOV_CODE_COUNT);
    return &infos[code];
}

enum gov_code gov_code_from_wire(const char *wire)
{
    for (int i = 0; i < GOV_CODE_COUNT; i++)
        if (strcmp(infos[i].wire, wire) == 0)
            return (enum gov_code)i;
    return GOV_INTERNAL;
}

const char *gov_text_in(struct gov_text text, enum gov_language language)
{
    return language == GOV_ZH && text.zh ? text.zh : text.en;
}

const char *gov_err_detail(const struct gov_err *err, enum gov_language language)
{
    const char *detail = language == GOV_ZH ? err->zh : err->en;
    return *detail ? detail : gov_text_in(gov_code_info(err->code)->title, language);
}

static void begin(struct gov_err *err, enum gov_code code)
{
    memset(err, 0, sizeof *err);
    err->code = code;
}

/* vsnprintf cuts between bytes; half a character would make the whole answer invalid JSON. */
__attribute__((format(printf, 3, 0)))
static void format_cut(char *text, size_t size, const char *format, va_list args)
{
    int length = vsnprintf(text, size, format, args);
    if (length >= (int)size) {
        size_t last = size - 1;
        while (last > 0 && ((unsigned char)text[last - 1] & 0xc0) == 0x80)
            last--;
        if (last > 0 && (unsigned char)text[last - 1] >= 0xc0)
            last--;
        text[last] = 0;
    }
}

bool (gov_fail)(struct gov_err *err, enum gov_code code, const char *en, const char *zh, ...)
{
    va_list args;

    begin(err, code);
    va_start(args, zh);
    format_cut(err->en, sizeof err->en, en, args);
    va_end(args);
    va_start(args, zh);
    format_cut(err->zh, sizeof err->zh, zh, args);
    va_end(args);
    return false;
}

bool (gov_fail_at)(struct gov_err *err, enum gov_code code, const char *path, const char *item,
                 const char *en, const char *zh, ...)
{
    va_list args;

    begin(err, code);
    snprintf(err->path, sizeof err->path, "%s", path);
    snprintf(err->item, sizeof err->item, "%s", item);
    va_start(args, zh);
    format_cut(err->en, sizeof err->en, en, args);
    va_end(args);
    va_start(args, zh);
    format_cut(err->zh, sizeof err->zh, zh, args);
    va_end(args);
    return false;
}

bool (gov_fail_cause)(struct gov_err *err, enum gov_code code, const char *cause, ...)
{
    va_list args;

    begin(err, code);
    va_start(args, cause);
    format_cut(err->cause, sizeof err->cause, cause, args);
    va_end(args);
    return false;
}

bool gov_err_context(struct gov_err *err, const char *context, ...)
{
    char before[GOV_DETAIL_BYTES];
    char old[GOV_DETAIL_BYTES];
    va_list args;

    va_start(args, context);
    format_cut(before, sizeof before, context, args);
    va_end(args);
    memcpy(old, err->cause, sizeof old);
    snprintf(err->cause, sizeof err->cause, "%.*s%s%.*s",
             (int)text_utf8_cut(before, strlen(before), 200), before, *old ? ": " : "",
             (int)text_utf8_cut(old, strlen(old), 270), old);
    return false;
}
