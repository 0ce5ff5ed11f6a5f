/* windows.c - a policy's windows as people write them: ["T-30", …, "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7"]. */
#include <stdlib.h>
#include <string.h>

#include "core/model/lifecycle.h"

enum { FINAL = 2, TERMINATION = 4, FIXED = 5 };
static const char *const fixed[FIXED] = { "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7" };

static int fixed_at(const char *code)
{
    for (int i = 0; i < FIXED; i++)
        if (strcmp(fixed[i], code) == 0)
            return i;
    return -1;
}

/* "T-15" as 15; 0: it is none. */
static int days_of(const char *code)
{
    size_t digits = code[0] == 'T' && code[1] == '-' ? strspn(code + 2, "0123456789") : 0;

    return digits && digits < 5 && !code[2 + digits] && code[2] != '0' ? atoi(code + 2) : 0;
}

static const char *path_of(char path[24], size_t at)
{
    snprintf(path, 24, "/windows/%zu", at);
    return path;
}
#define REFUSE(err, at, item, en, zh, code) gov_fail_at((err), GOV_INVALID_INPUT, path_of((char[24]){ 0 }, (at)), (item), en, zh, code)

static bool before_read(struct lifecycle_policy *p, int *count, const char *code, int days, size_t at, struct gov_err *err)
{
    if (days > LIFECYCLE_BEFORE_DAYS_MAX)
        return REFUSE(err, at, "maximum", "%s: at most 120 days before the end", "%s：最多到期前 120 天", code);
    if (*count == LIFECYCLE_BEFORE_MAX)
        return REFUSE(err, at, "maxItems", "%s: at most 8 windows before the end", "%s：到期前最多 8 个窗口", code);
    if (*count && days >= p->before_days[*count - 1])
        return REFUSE(err, at, "order", "%s: windows stand in the order in which they come, each once", "%s：窗口须按先后顺序排列，不得重复", code);
    p->before_days[(*count)++] = days;
    return true;
}

static bool missing(int which, struct gov_err *err)
{
    if (which == FINAL)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/windows", "required", "G-1 cannot be removed: nobody is shut down without a final notice",
                           "G-1 不可移除：未发最后通知不得停用");
    if (which == TERMINATION)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/windows", "required", "R-7 cannot be removed: no data come to their end without that notice",
                           "R-7 不可移除：未发该通知不得删除数据");
    return gov_fail_at(err, GOV_INVALID_INPUT, "/windows", "required", "%s cannot be removed: what happens is told", "%s 不可移除：发生的变化必须告知",
                       fixed[which]);
}

bool lifecycle_windows_read(const json_t *windows, struct lifecycle_policy *p, struct gov_err *err)
{
    int count = 0, next = 0;
    const json_t *one;
    size_t i;

    memset(p->before_days, 0, sizeof p->before_days);
    json_array_foreach(windows, i, one)
    {
        const char *code = json_string_value(one) ? json_string_value(one) : "";
        int days = days_of(code), at = fixed_at(code);

        if (!days && at < 0)
            return REFUSE(err, i, "unknown", "\"%.20s\" is no window: T-n (days before the end) first, then T0, G-HALF, G-1, SHUTDOWN, R-7",
                          "“%.20s”不是窗口：先 T-n（到期前天数），再 T0、G-HALF、G-1、SHUTDOWN、R-7", code);
        if (days ? next > 0 : at < next)
            return REFUSE(err, i, "order", "%s: windows stand in the order in which they come, each once", "%s：窗口须按先后顺序排列，不得重复", code);
        if (!days && at > next)
            return missing(next, err);
        if (days && !before_read(p, &count, code, days, i, err))
            return false;
        next += !days;
    }
    return next == FIXED || missing(next, err);
}
