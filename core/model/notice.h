/* notice.h - what messages say: templates in both languages, filled from the data an outbox row froze.
 *
 * How to add one: a row in notice/texts.def. A text has fields in braces:
 *
 *     {customer}          a text or number of the payload
 *     {amount|money}      amount_minor and currency, as "CNY 299.00"
 *     {expires_at|time}   an RFC 3339 time, shown in the reader's zone
 *     {lines|lines}       a list of texts, one a line
 *     [[ … ]]             left out when a field in it is missing
 *
 * A field that is missing anywhere else is a fault: a message with a hole is not sent. Values are data: line
 * breaks, control and bidi characters in them become blanks, and they are cut at 500 bytes.
 */
#ifndef CORE_MODEL_NOTICE_H
#define CORE_MODEL_NOTICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

struct notice_template {
    const char *event; /* "confirmation.waiting", or "subscription.reminder:G-1" for one variant of it */
    int version;       /* counts changes of what it says */
    const char *subject[2], *text[2]; /* by enum gov_language */
};

/* The nth; NULL behind the last. */
const struct notice_template *notice_template(size_t index);
/* The template of a variant (may be NULL), else the event's own; NULL: there is none. */
const struct notice_template *notice_find(const char *event, const char *variant);

struct notice {
    const char *subject, *text; /* UTF-8, lines end with LF; in the arena */
    int version;
};
/* `payload`'s "window" or "variant" chooses the variant; `timezone` is an IANA name, NULL for UTC. False:
 * INVALID_INPUT, with the field that is missing as path. */
bool notice_render(const char *event, const char *locale, const json_t *payload, const char *timezone,
                   struct arena *arena, struct notice *notice, struct gov_err *err);

#endif
