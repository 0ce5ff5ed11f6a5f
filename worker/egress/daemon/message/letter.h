/* letter.h - a message as a mail: headers and body of RFC 5322, plain text in UTF-8. */
#ifndef WORKER_EGRESS_DAEMON_MESSAGE_LETTER_H
#define WORKER_EGRESS_DAEMON_MESSAGE_LETTER_H

#include <stdint.h>

#include "core/base/arena.h"

struct letter {
    const char *from, *to;  /* bare addresses, checked by the caller */
    const char *from_name;  /* NULL: none */
    const char *subject;    /* UTF-8, one line */
    const char *text;       /* UTF-8, LF */
    const char *message_id; /* without <> and domain */
    int64_t now_us;
};
/* All of it, lines ending with CR LF and none longer than 78 characters. */
const char *letter_write(const struct letter *letter, struct arena *arena);
/* A header's text: as it is if it is short ASCII, else encoded words (RFC 2047), cut between characters. */
const char *letter_words(const char *text, struct arena *arena);

#endif
