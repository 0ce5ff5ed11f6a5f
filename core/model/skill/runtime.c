#include "core/model/skill/runtime.h"

#include <string.h>

static const char *const base_modules[] = {
    "openpyxl", "requests", "dateutil",           "et_xmlfile", "jdcal.py", "urllib3",
    "idna",     "chardet",  "charset_normalizer", "certifi",    "six.py",   "packaging", NULL,
};
static const char *const data_modules[] = {
    "pandas", "numpy", "pytz", "tzdata", "pyparsing", NULL,
};

const struct skill_runtime skill_runtimes[SKILL_RUNTIME_COUNT] = {
    { "base",
      { base_modules },
      "apt-get install python3-openpyxl python3-requests python3-dateutil" },
    { "data", { base_modules, data_modules }, "apt-get install python3-pandas" },
};

const char *skill_runtime_with(const char *module)
{
    for (int i = 0; i < SKILL_RUNTIME_COUNT; i++)
        for (int k = 0; k < SKILL_RUNTIME_LISTS && skill_runtimes[i].modules[k]; k++)
            for (const char *const *name = skill_runtimes[i].modules[k]; *name; name++) {
                size_t length = strcspn(*name, ".");
                if (strlen(module) == length && strncmp(*name, module, length) == 0)
                    return skill_runtimes[i].name;
            }
    return NULL;
}

void skill_runtime_modules_json(struct buf *out)
{
    buf_add_char(out, '{');
    for (int i = 0; i < SKILL_RUNTIME_COUNT; i++) {
        bool first = true;
        buf_addf(out, "%s\"%s\":[", i ? "," : "", skill_runtimes[i].name);
        for (int k = 0; k < SKILL_RUNTIME_LISTS && skill_runtimes[i].modules[k]; k++) {
            for (const char *const *name = skill_runtimes[i].modules[k]; *name; name++) {
                buf_addf(out, "%s\"%.*s\"", first ? "" : ",", (int)strcspn(*name, "."), *name);
                first = false;
            }
        }
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}
