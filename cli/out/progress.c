#include "cli/out/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/out/term.h"
#include "core/base/buf.h"

enum { BAR_COLUMNS = 24, COLUMNS_DEFAULT = 80 };

void progress_init(struct progress *progress, const struct cli *cli)
{
    memset(progress, 0, sizeof *progress);
    progress->cli = cli;
    progress->percent = -1;
}

static bool wanted(const struct progress *progress)
{
    const struct cli *cli = progress->cli;
    return cli->tty_err && !cli->quiet && !cli->json;
}

void progress_line(const struct progress *progress, int columns, struct buf *out)
{
    struct buf line = { 0 };

    if (progress->percent >= 0) {
        double percent = progress->percent > 100 ? 100 : progress->percent;
        int filled = (int)(percent * BAR_COLUMNS / 100);
        buf_add_char(&line, '[');
        for (int i = 0; i < BAR_COLUMNS; i++)
            buf_add_char(&line, i < filled ? '#' : '-');
        buf_addf(&line, "] %3d%%", (int)percent);
    }
    const char *texts[] = { progress->state, progress->note };
    for (int i = 0; i < 2; i++)
        if (*texts[i])
            buf_addf(&line, "%s%s", line.length ? " " : "", texts[i]);
    term_cut(buf_text(&line), columns - 1, out);
    buf_release(&line);
}

void progress_draw(struct progress *progress)
{
    struct winsize size;
    struct buf line = { 0 };

    if (!wanted(progress))
        return;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10;
    progress_line(progress, known ? size.ws_col : COLUMNS_DEFAULT, &line);
    fprintf(stderr, "\r\033[K%s", buf_text(&line));
    fflush(stderr);
    buf_release(&line);
    progress->drawn = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->drawn = false;
}

/* Keep what fits whole: a character cut in half would look like garbage. */
static void keep(char *into, size_t room, const char *text)
{
    char *shown = term_visible(text, true);
    struct buf cut = { 0 };

    term_cut(shown, (int)room / 4, &cut);
    snprintf(into, room, "%s", buf_text(&cut));
    buf_release(&cut);
    free(shown);
}

void progress_update(struct progress *progress, const char *state, double percent,
                     const char *note)
{
    if (state)
        keep(progress->state, sizeof progress->state, state);
    if (note)
        keep(progress->note, sizeof progress->note, note);
    if (percent >= 0)
        progress->percent = percent;
    progress_draw(progress);
}
