/* route_words.h - the server's remedies name routes; whoever sits at a terminal has commands.
 *
 * "GET /v1/skills lists what you may run" becomes "`execgov list` lists what you may run". How to add one: a row in
 * the table of route_words.c.
 */
#ifndef CLI_NET_ROUTE_WORDS_H
#define CLI_NET_ROUTE_WORDS_H

#include "core/base/arena.h"

struct route_word {
    const char *route;   /* "GET /v1/skills/{}/why": "{}" is one segment, "…" /v1/platform, or as it stands */
    const char *command; /* "skill why {}" */
};
extern const struct route_word route_words[]; /* ends with route == NULL */

/* The text with every known route as its command; in the arena, or `text` itself. */
const char *route_words_in(const char *text, struct arena *arena);

#endif
