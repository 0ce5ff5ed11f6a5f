#include <stdio.h>
#include <string.h>

#include "core/model/notice.h"

static const struct notice_template templates[] = {
#define NOTICE(event, version, subject_en, text_en, subject_zh, text_zh)                                              \
    { event, version, { [GOV_EN] = subject_en, [GOV_ZH] = subject_zh }, { [GOV_EN] = text_en, [GOV_ZH] = text_zh } },
#include "core/model/notice/texts.def"
#undef NOTICE
};
enum { TEMPLATES = sizeof templates / sizeof *templates };

const struct notice_template *notice_template(size_t index)
{
    return index < TEMPLATES ? &templates[index] : NULL;
}

static const struct notice_template *named(const char *name)
{
    for (size_t i = 0; i < TEMPLATES; i++)
        if (strcmp(templates[i].event, name) == 0)
            return &templates[i];
    return NULL;
}

const struct notice_template *notice_find(const char *event, const char *variant)
{
    char name[128];
    const struct notice_template *found = NULL;

    if (variant && snprintf(name, sizeof name, "%s:%s", event, variant) < (int)sizeof name)
        found = named(name);
    return found ? found : named(event);
}
