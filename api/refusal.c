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

/* The row whose part stands first: what stands behind it may be words of a client, and hold any other part. */
static const struct refusal *find(const char *cause, const char **behind)
{
    const struct refusal *found = NULL;
    const char *first = NULL;

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *at = strstr(cause, refusals[i].part);

        if (!at || (first && at >= first))
            continue;
        first = at;
        found = &refusals[i];
        *behind = at + strlen(found->part);
    }
    return found;
}

/* "code: words", as a function of ours raises it, behind where it happened. Other errors may quote anybody's words. */
static const char *raised_in(const struct gov_err *err)
{
    const char *wire = gov_code_info(err->code)->wire, *at = err->cause;
    size_t length = strlen(wire);

    while ((at = strstr(at, wire)) && strncmp(at + length, ": ", 2) != 0)
        at += length;
    return at;
}

void refusal_explain(struct gov_err *err)
{
    /* db.h: a unique or an exclusion violation, whose constraint is nothing for people. */
    static const struct gov_text there = {
        "there is one of this name, code or number already, or it was made in this moment: read what is there, or choose another%s",
        "已有相同的名称、编码或编号，或刚由他人创建：请先查看现有内容，或改用其他值%s"
    };
    const char *behind = "";
    const char *raised = err->en[0] ? NULL : raised_in(err);
    const struct refusal *r = raised ? find(raised, &behind) : NULL;

    if (r)
        say(err, &r->text, r->part[strlen(r->part) - 1] == ' ' ? behind : "");
    else if (!err->en[0] && err->code == GOV_CONFLICT && err->item[0])
        say(err, &there, "");
}
