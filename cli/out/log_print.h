/* log_print.h - what a script printed, on our own stdout and stderr. */
#ifndef CLI_OUT_LOG_PRINT_H
#define CLI_OUT_LOG_PRINT_H

#include <jansson.h>

#include "core/base/buf.h"

struct cli;
struct progress;

/* Pieces come as they were printed, so a line may come in several; whole lines are printed. */
struct log_print {
    const struct cli *cli;
    struct progress *progress; /* taken away while a line is printed; may be NULL */
    struct buf out, err;       /* the line each stream is in */
};

void log_print_init(struct log_print *print, const struct cli *cli, struct progress *progress);
/* `piece` has `stream` and `text`. What the platform says ("system") is shown elsewhere. */
void log_print_piece(struct log_print *print, const json_t *piece);
/* Print the lines that never ended, and release. */
void log_print_end(struct log_print *print);

#endif
