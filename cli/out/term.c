/* term.c - questions go to /dev/tty, so that they work while stdin and stdout are pipes.
 *
 * getpass() is obsolete and cuts at 128 bytes on some systems; the echo is switched off by hand and
 * restored when SIGINT, SIGTERM or SIGHUP arrive: their handler only notes the signal, read() comes
 * back, and the signal is raised again once the terminal is as it was. */
#include "cli/out/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/cli.h"
#include "core/base/text.h"

enum { ANSWER_BYTES_MAX = 4096 };

static volatile sig_atomic_t interrupted; /* a handler can reach nothing else */

static void note_signal(int signal_number)
{
    interrupted = signal_number;
}

/* Columns of one character and its bytes; bytes that are not UTF-8 take one. */
static int character_width(const char *text, size_t left, size_t *bytes)
{
    uint32_t point;

    *bytes = text_utf8_decode(text, left, &point);
    if (*bytes == 0) {
        *bytes = 1;
        return 1;
    }
    int width = wcwidth((wchar_t)point);
    return width < 0 ? 0 : width;
}

int term_width(const char *text)
{
    int width = 0;
    size_t bytes;

    for (size_t left = strlen(text); left > 0; left -= bytes, text += bytes)
        width += character_width(text, left, &bytes);
    return width;
}

void term_cut(const char *text, int columns, struct buf *out)
{
    int used = 0;
    size_t bytes;

    if (term_width(text) <= columns) {
        buf_add_text(out, text);
        return;
    }
    for (size_t left = strlen(text); left > 0; left -= bytes, text += bytes) {
        int width = character_width(text, left, &bytes);
        if (used + width > columns - 1)
            break;
        used += width;
        buf_add(out, text, bytes);
    }
    buf_add_text(out, columns > 0 ? "…" : "");
}

static void add_visible(struct buf *out, const char *text, size_t bytes, uint32_t point,
                        bool one_line)
{
    bool layout = point == '\n' || point == '\t' || point == '\r';

    if (layout && one_line)
        buf_add_char(out, ' ');
    else if (layout && point != '\r')
        buf_add_char(out, (char)point);
    else if (!text_code_point_hidden(point))
        buf_add(out, text, bytes);
    else if (point < 0x80)
        buf_addf(out, "\\x%02x", (unsigned)point);
    else
        buf_addf(out, "\\u{%x}", (unsigned)point);
}

char *term_visible(const char *text, bool one_line)
{
    struct buf out = { 0 };
    size_t left = strlen(text);

    buf_reserve(&out, left + 1);
    while (left > 0) {
        uint32_t point;
        size_t bytes = text_utf8_decode(text, left, &point);
        if (bytes == 0)
            buf_addf(&out, "\\x%02x", (unsigned char)text[0]);
        else
            add_visible(&out, text, bytes, point, one_line);
        bytes = bytes ? bytes : 1;
        text += bytes;
        left -= bytes;
    }
    if (out.length == 0)
        buf_add_text(&out, "");
    out.data[out.length] = '\0';
    return out.data;
}

int term_columns(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

/* Read up to a newline. False at the end of input or an interruption before one. */
static bool read_line(int fd, char *line, size_t room)
{
    size_t used = 0;

    for (;;) {
        char c;
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR && !interrupted)
            continue;
        if (got <= 0)
            return got == 0 && used > 0 ? (line[used] = '\0', true) : false;
        if (c == '\n') {
            line[used - (used > 0 && line[used - 1] == '\r')] = '\0';
            return true;
        }
        if (used + 1 < room)
            line[used++] = c;
    }
}

static void catch_signals(bool on, struct sigaction old[3])
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = note_signal };

    for (int i = 0; i < 3; i++)
        sigaction(numbers[i], on ? &action : &old[i], on ? &old[i] : NULL);
}

/* The echo is off before the question shows: who types at once must not be seen, nor lose what he
 * typed to the switching. */
static bool ask_and_read(int tty, const char *question, bool secret, char *line)
{
    struct termios before, silent;
    struct sigaction old[3];
    bool hidden = secret && tcgetattr(tty, &before) == 0;

    interrupted = 0;
    catch_signals(true, old);
    if (hidden) {
        silent = before;
        silent.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(tty, TCSAFLUSH, &silent);
    }
    bool got = write(tty, question, strlen(question)) >= 0 && write(tty, " ", 1) >= 0 &&
               read_line(tty, line, ANSWER_BYTES_MAX);
    if (hidden) {
        tcsetattr(tty, TCSADRAIN, &before);
        if (write(tty, "\n", 1) < 0)
            got = false;
    }
    catch_signals(false, old);
    if (interrupted)
        raise(interrupted);
    return got;
}

bool term_ask(struct cli *cli, const char *question, bool secret, const char **answer,
              struct gov_err *err)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    char *line = arena_alloc(&cli->arena, ANSWER_BYTES_MAX);

    if (tty < 0)
        return gov_fail(err, GOV_INVALID_INPUT,
                        "there is no terminal to ask on: %s; give it as an option or on stdin",
                        "没有终端可供询问：%s；请用选项或标准输入提供", question);
    bool got = ask_and_read(tty, question, secret, line);
    close(tty);
    if (!got)
        return gov_fail(err, GOV_INVALID_INPUT, "no answer was given to: %s", "没有回答：%s",
                        question);
    *answer = line;
    return true;
}

bool term_agree(struct cli *cli, const char *question)
{
    const char *answer;
    struct gov_err err;

    if (!term_ask(cli, question, false, &answer, &err))
        return false;
    return text_equal_ignoring_case(answer, "y") || text_equal_ignoring_case(answer, "yes") ||
           strcmp(answer, "是") == 0;
}

bool term_line_stdin(struct cli *cli, const char **line, struct gov_err *err)
{
    char *text = arena_alloc(&cli->arena, ANSWER_BYTES_MAX);

    interrupted = 0;
    if (!read_line(STDIN_FILENO, text, ANSWER_BYTES_MAX))
        return gov_fail(err, GOV_INVALID_INPUT, "standard input is empty", "标准输入为空");
    *line = text;
    return true;
}
