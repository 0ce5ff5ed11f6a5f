/* word.c - names on the wire and in tables. */
#include <string.h>

#include "core/model/lifecycle.h"

static const char *const states[] = { "pending", "active", "grace", "shutdown", "cancelled", "terminated" };

const char *sub_state_name(enum sub_state state)
{
    return states[state];
}

bool sub_state_parse(const char *text, enum sub_state *state)
{
    for (int i = 0; i < SUB_STATE_COUNT; i++)
        if (text && strcmp(text, states[i]) == 0) {
            *state = (enum sub_state)i;
            return true;
        }
    return false;
}

const char *lifecycle_kind_name(enum lifecycle_kind kind)
{
    static const char *const names[] = { "", "prefill", "remind", "remind", "grace", "shutdown", "cancel", "propose",
                                         "untold" };

    return names[kind];
}

const char *lifecycle_window_code(const struct lifecycle_policy *policy, int window,
                                  char text[WINDOW_CODE_BYTES + 4])
{
    static const char *const fixed[] = { "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7", "PREFILL", "PROPOSE", "R-7" };

    if (window >= WINDOW_END)
        return fixed[window - WINDOW_END];
    char *at = text + WINDOW_CODE_BYTES + 3; /* from behind: this is asked for each action of a scan */
    *at = '\0';
    for (int days = policy->before_days[window]; days > 0 && at > text + 2; days /= 10)
        *--at = (char)('0' + days % 10);
    *--at = '-';
    *--at = 'T';
    return at;
}
