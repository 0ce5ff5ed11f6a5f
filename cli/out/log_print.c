/* log_print.c - on a terminal lines are made harmless, in a pipe they are passed on byte for byte. */
#include "cli/out/log_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/out/progress.h"
#include "cli/out/term.h"
#include "core/base/json.h"

enum { LINE_BYTES_MAX = 64 * 1024 };

void log_print_init(struct log_print *print, const struct cli *cli, struct progress *progress)
{
    memset(print, 0, sizeof *print);
    print->cli = cli;
    print->progress = progress;
}

/* The first `bytes` of the stream's buffer, which end with a newline or with the stream. */
static void flush_bytes(struct log_print *print, struct buf *buf, size_t bytes)
{
    bool is_out = buf == &print->out;
    bool screen = is_out ? print->cli->tty_out : print->cli->tty_err;
    FILE *to = is_out ? stdout : stderr;
    struct buf lines = { 0 };

    buf_add(&lines, buf->data, bytes);
    buf_consume(buf, bytes);
    if (print->progress)
        progress_clear(print->progress);
    if (screen) {
        char *shown = term_visible(lines.data, false);
        fputs(shown, to);
        free(shown);
    } else {
        fwrite(lines.data, 1, bytes, to);
    }
    fflush(to);
    if (print->progress)
        progress_draw(print->progress);
    buf_release(&lines);
}

void log_print_piece(struct log_print *print, const json_t *piece)
{
    const char *stream = json_get_text(piece, "stream");
    const char *text = json_get_text(piece, "text");

    if (!stream || !text || strcmp(stream, "system") == 0)
        return;
    struct buf *buf = strcmp(stream, "stdout") == 0 ? &print->out : &print->err;
    buf_add_text(buf, text);
    const char *last = strrchr(buf_text(buf), '\n');
    if (last)
        flush_bytes(print, buf, (size_t)(last + 1 - buf->data));
    else if (buf->length > LINE_BYTES_MAX)
        flush_bytes(print, buf, buf->length);
}

void log_print_end(struct log_print *print)
{
    struct buf *const both[] = { &print->out, &print->err };

    for (int i = 0; i < 2; i++) {
        if (both[i]->length > 0) {
            buf_add_char(both[i], '\n');
            flush_bytes(print, both[i], both[i]->length);
        }
        buf_release(both[i]);
    }
}
