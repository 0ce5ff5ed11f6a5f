/* word.c - names on the wire and in tables. */
#include <stdio.h>
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

_Static_assert((int)WINDOW_COUNT <= (int)LIFECYCLE_ROUND_SHIFT, "a bit is a window or of the round");

int lifecycle_round(uint32_t done)
{
    return (int)(done >> LIFECYCLE_ROUND_SHIFT & LIFECYCLE_ROUND_MAX);
}

/* What comes before the end of a period, comes once. */
static bool of_a_round(int window)
{
    return window >= WINDOW_GRACE_HALF && window != WINDOW_PREFILL;
}

const char *lifecycle_window_code(const struct lifecycle_policy *policy, int window, int round,
                                  char text[WINDOW_CODE_BYTES + 4])
{
    static const char *const fixed[] = { "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7", "PREFILL", "PROPOSE", "R-7" };

    if (round > 0 && of_a_round(window)) {
        snprintf(text, WINDOW_CODE_BYTES + 4, "%s/%d", fixed[window - WINDOW_END], round + 1);
        return text;
    }
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
