/* position.h - how far a reader of an event stream has come: what its Last-Event-ID says.
 *
 *     "e5.l12.running"        events of the request up to 5, log up to 12, told that it runs
 *     "e7.l40.succeeded.end"  told that nothing more comes
 *     "a4711"                 a whole tenant: audit rows up to 4711
 */
#ifndef API_RUNS_STREAM_POSITION_H
#define API_RUNS_STREAM_POSITION_H

#include <stdbool.h>
#include <stdint.h>

enum { POSITION_BYTES = 96, POSITION_STATE_BYTES = 24 };

struct position {
    int64_t events;
    int64_t logs;
    int64_t audit;
    char state[POSITION_STATE_BYTES]; /* told last; "" for none */
    bool ended;                       /* the end was told */
};

/* Returns `text`. */
char *position_format(const struct position *position, char text[POSITION_BYTES]);
char *position_format_tenant(const struct position *position, char text[POSITION_BYTES]);
/* False, and nothing is changed: not what the functions above made. */
bool position_parse(const char *text, struct position *position);
bool position_parse_tenant(const char *text, struct position *position);

#endif
