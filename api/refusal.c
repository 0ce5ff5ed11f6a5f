#include "api/refusal.h"

#include <stdio.h>
#include <string.h>

static const struct refusal {
    const char *part;
    struct gov_text text;
} refusals[] = {
#define REFUSAL(part, en, zh) { part, { en, zh } },
#include "api/refusal.def"
#undef REFUSAL
};

/* The texts are ours, and have one %s each (refusal_test.c). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void say(struct gov_err *err, const struct gov_text *text, const char *rest)
{
    snprintf(err->en, sizeof err->en, text->en, rest);
    snprintf(err->zh, sizeof err->zh, text->zh, rest);
}
#pragma GCC diagnostic pop

void refusal_explain(struct gov_err *err)
{
    if (err->en[0])
        return;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        const char *at = strstr(err->cause, r->part);

        if (at) {
            at += strlen(r->part);
            say(err, &r->text, r->part[strlen(r->part) - 1] == ' ' ? at : "");
            return;
        }
    }
}
