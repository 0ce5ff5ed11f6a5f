/* queue.c - what waits: once, or as a table that keeps itself up to date.
 *
 * `top` draws on the terminal's other screen: home, each line ended with clear-to-end-of-line, then clear
 * below. Nothing is ever cleared before it is drawn, so nothing flickers. q, Ctrl-C or a closed terminal
 * ends it; the terminal is put back in any case.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"

enum { TOP_EVERY_MS = 1000, ROWS_FALLBACK = 24 };

static const char *age_of(struct cli *cli, const json_t *of)
{
    const json_t *age = json_object_get(of, "oldest_age_ms");

    if (!json_is_integer(age))
        return "-";
    double s = (double)json_integer_value(age) / 1000;
    return s < 10    ? arena_format(&cli->arena, "%.1f s", s)
           : s < 600 ? arena_format(&cli->arena, "%.0f s", s)
                     : arena_format(&cli->arena, "%.0f min", s / 60);
}

static const char *number(struct cli *cli, const json_t *of, const char *name)
{
    return arena_format(&cli->arena, "%lld", (long long)json_get_int(of, name, 0));
}

static void row(struct cli *cli, struct table *table, const json_t *lane, const json_t *of, const char *whose)
{
    table_row(table);
    table_cell(table, json_get_text(lane, "lane"));
    table_cell(table, json_get_text(lane, "class"));
    table_cell(table, whose);
    table_cell(table, number(cli, of, "depth"));
    table_cell(table, age_of(cli, of));
    table_cell(table, number(cli, of, "running"));
    table_cell(table, json_get_bool(of, "paused", false)     ? cli_text(cli, "paused", "已暂停")
                      : json_get_bool(of, "at_limit", false) ? cli_text(cli, "at a limit", "达到上限")
                                                             : "");
}

/* Of each lane and class the sum, then the tenants that have waited longest. */
static void fill(struct cli *cli, struct table *table, const json_t *items)
{
    const json_t *item, *tenant;
    size_t i, k;

    table_init(table, &cli->arena);
    table_column(table, "LANE", "通道");
    table_column(table, "CLASS", "优先级");
    table_column_flexible(table, "TENANT", "租户");
    table_column_right(table, "WAITING", "等待");
    table_column_right(table, "OLDEST", "最久");
    table_column_right(table, "RUNNING", "运行");
    table_column(table, "", "");
    json_array_foreach(items, i, item)
    {
        const json_t *tenants = json_object_get(item, "tenants");
        if (json_get_int(item, "depth", 0) == 0 && json_array_size(tenants) == 0)
            continue;
        row(cli, table, item, item, cli_text(cli, "(all)", "（全部）"));
        json_array_foreach(tenants, k, tenant)
            row(cli, table, item, tenant, json_get_text(tenant, "name"));
    }
}

static const char *path_of(struct cli *cli, const struct args *args)
{
    return remote_path(cli, "/v1/platform/queues", "tenant", args_value(args, "tenant", NULL), NULL);
}

bool command_queue_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    const json_t *answer;

    if (!remote_get(cli, path_of(cli, args), &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    fill(cli, &table, json_object_get(answer, "items"));
    if (table.rows == 0)
        cli_say(cli, "nothing waits", "没有等待的任务");
    else
        show_table(cli, &table);
    return true;
}

/* --- top --- */

static volatile sig_atomic_t ended;

static void on_signal(int number_of_signal)
{
    (void)number_of_signal;
    ended = 1;
}

static int screen_rows(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : ROWS_FALLBACK;
}

static void draw(struct cli *cli, const char *text)
{
    struct buf out = { 0 };
    int rows = screen_rows();

    buf_addf(&out, "\x1b[H%s\x1b[K\r\n\x1b[K\r\n",
             cli_text(cli, "execgov queue top - q ends", "execgov queue top - 按 q 退出"));
    for (int line = 2; *text && line < rows - 1; line++) {
        size_t bytes = strcspn(text, "\n");
        buf_addf(&out, "%.*s\x1b[K\r\n", (int)bytes, text);
        text += bytes + (text[bytes] == '\n');
    }
    buf_addf(&out, "\x1b[J");
    fwrite(out.data, 1, out.length, stdout);
    fflush(stdout);
    buf_release(&out);
}

static bool refresh(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    struct table table;
    struct buf text = { 0 };

    if (!remote_get(cli, path_of(cli, args), &answer, err))
        return false;
    fill(cli, &table, json_object_get(answer, "items"));
    if (table.rows)
        table_print(&table, cli->language, term_columns(), cli->colour_out, &text);
    draw(cli, text.length ? text.data : cli_text(cli, "nothing waits", "没有等待的任务"));
    buf_release(&text);
    return true;
}

/* A second, or a key. True: go on. */
static bool rest(void)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    char key = 0;
    int n = poll(&in, 1, TOP_EVERY_MS);

    if (ended || (n < 0 && errno != EINTR) || (n > 0 && (in.revents & (POLLHUP | POLLERR))))
        return false;
    return n <= 0 || (read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 3);
}

/* With memory and a connection of its own, so that hours of it cost no more than a second. */
static bool frame_draw(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct cli frame = *cli;

    arena_init(&frame.arena);
    frame.remote = NULL;
    frame.problem = NULL;
    bool ok = refresh(&frame, args, err);
    remote_free(frame.remote);
    arena_release(&frame.arena);
    return ok;
}

bool command_queue_top(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct termios before, raw;
    struct sigaction action = { .sa_handler = on_signal };
    bool ok = true;

    if (!cli->tty_in || !cli->tty_out || tcgetattr(STDIN_FILENO, &before) != 0)
        return gov_fail(err, GOV_BAD_REQUEST, "queue top needs a terminal; queue ls prints the same once",
                        "queue top 需要终端；queue ls 可一次性输出");
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    fputs("\x1b[?1049h\x1b[?25l", stdout); /* the other screen, no cursor */
    do {
        ok = frame_draw(cli, args, err);
    } while (ok && rest());
    fputs("\x1b[?25h\x1b[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return ok;
}
