/* progress.h - one line on stderr that is drawn over, while something runs. Nothing where stderr is
 * no terminal, with --quiet or --json. */
#ifndef CLI_OUT_PROGRESS_H
#define CLI_OUT_PROGRESS_H

#include <stdbool.h>

struct cli;

struct progress {
    const struct cli *cli;
    double percent;   /* < 0: not known */
    char state[40];
    char note[120];
    bool drawn;
};

void progress_init(struct progress *progress, const struct cli *cli);
/* NULL texts and a negative percent leave what was there. */
void progress_update(struct progress *progress, const char *state, double percent,
                     const char *note);
/* Take the line away, before something else is printed; progress_draw brings it back. */
void progress_clear(struct progress *progress);
void progress_draw(struct progress *progress);

/* "[#####---------------]  25% reading", at most `columns` wide. */
struct buf;
void progress_line(const struct progress *progress, int columns, struct buf *out);

#endif
