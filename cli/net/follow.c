/* follow.c - the stream says what happens, the resource says how it ended: an `end` event alone is
 * not believed to carry the result, and a stream that breaks right before it costs nothing. */
#include "cli/net/follow.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/net/remote.h"
#include "cli/net/sse_reader.h"
#include "cli/out/log_print.h"
#include "cli/out/progress.h"
#include "cli/out/show.h"
#include "core/base/clock.h"
#include "core/base/json.h"

enum { BARREN_MAX = 5, PAUSE_MS = 500, PAUSE_MS_MAX = 8000, PATIENCE_S = 10 };

struct follow {
    struct cli *cli;
    struct progress progress;
    struct log_print log;
    struct sse_reader reader;
    bool ended;    /* the `end` event came, or a question */
    bool fruitful; /* this connection brought an event */
    char told[40]; /* the state that was told last */
};

static void tell_state(struct follow *f, const char *state)
{
    if (!state || strcmp(f->told, state) == 0)
        return;
    snprintf(f->told, sizeof f->told, "%s", state);
    if (!f->cli->tty_err || show_state_waits(state)) {
        progress_clear(&f->progress);
        cli_note(f->cli, "state: %s", "状态：%s", show_state(f->cli, state));
    }
    progress_update(&f->progress, show_state(f->cli, state), -1, NULL);
}

static bool take_event(void *into, const struct sse_event *event)
{
    struct follow *f = into;
    struct arena arena;
    struct gov_err unread;

    f->fruitful = true;
    arena_init(&arena);
    const json_t *json = json_parse(&arena, event->data, event->bytes, &unread);
    if (strcmp(event->kind, "log") == 0 && !f->cli->json)
        log_print_piece(&f->log, json);
    else if (strcmp(event->kind, "progress") == 0)
        progress_update(&f->progress, NULL, json_number_value(json_object_get(json, "percent")),
                        json_get_text(json, "note"));
    else if (strcmp(event->kind, "state") == 0 || strcmp(event->kind, "end") == 0)
        tell_state(f, json_get_text(json, "state"));
    f->ended = strcmp(event->kind, "end") == 0 || strcmp(f->told, "needs_answer") == 0;
    arena_release(&arena);
    return !f->ended;
}

static bool take_bytes(void *into, const char *data, size_t bytes)
{
    return sse_reader_feed(into, data, bytes);
}

static bool time_left(const struct cli *cli, int64_t started_us, long *left_ms)
{
    *left_ms = 0;
    if (cli->timeout_s == 0)
        return true;
    *left_ms = cli->timeout_s * 1000 - (long)((clock_mono_us() - started_us) / 1000);
    return *left_ms > 0;
}

static bool fail_too_late(const struct cli *cli, struct gov_err *err)
{
    return gov_fail(err, GOV_DEADLINE, "it has not ended within %ld s; it goes on without us",
                    "%ld 秒内没有结束；它会继续执行", cli->timeout_s);
}

/* One connection, from where the last one broke. False only for what another try cannot help. */
static bool connect_once(struct follow *f, const char *path, long left_ms, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = {
        .method = "GET",
        .path = arena_format(&f->cli->arena, "%s/events", path),
        .accept = "text/event-stream",
        .last_event_id = f->reader.id.length ? f->reader.id.data : NULL,
        .endless = true,
        .limit_ms = left_ms,
        .sink = take_bytes,
        .sink_into = &f->reader,
    };

    f->fruitful = false;
    sse_reader_restart(&f->reader);
    if (remote_send(f->cli, &call, &answer, err))
        return true;
    return gov_code_info(err->code)->retry_helps;
}

static void pause_ms(long ms)
{
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&pause, NULL);
}

static bool read_events(struct follow *f, const char *path, const json_t **thing,
                        struct gov_err *err)
{
    int64_t started_us = clock_mono_us();
    int barren = 0;
    long left_ms;

    for (;;) {
        if (!time_left(f->cli, started_us, &left_ms))
            return fail_too_late(f->cli, err);
        memset(err, 0, sizeof *err);
        if (!connect_once(f, path, left_ms, err))
            return false;
        struct gov_err unasked;
        bool asked = remote_get(f->cli, path, thing, &unasked);
        const char *state = asked ? json_get_text(*thing, "state") : NULL;
        if (show_state_ended(state) || (state && strcmp(state, "needs_answer") == 0))
            return true;
        barren = f->fruitful ? 0 : barren + 1;
        if (barren == BARREN_MAX) {
            if (err->code == GOV_OK)
                gov_fail(err, GOV_SERVER_UNREACHABLE, "the stream of events brings nothing",
                         "事件流没有任何内容");
            return false;
        }
        long pause = f->reader.retry_ms ? f->reader.retry_ms : (long)PAUSE_MS << barren;
        pause = pause > PAUSE_MS_MAX ? PAUSE_MS_MAX : pause;
        pause_ms(left_ms > 0 && pause > left_ms ? left_ms : pause);
    }
}

bool follow_events(struct cli *cli, const char *path, const json_t **ended, struct gov_err *err)
{
    struct follow f = { .cli = cli };

    progress_init(&f.progress, cli);
    log_print_init(&f.log, cli, &f.progress);
    sse_reader_init(&f.reader, take_event, &f);
    bool done = read_events(&f, path, ended, err);
    log_print_end(&f.log);
    progress_clear(&f.progress);
    sse_reader_release(&f.reader);
    return done;
}

/* Somebody who waits wants to know for what. That it cannot be said is no reason to stop waiting. */
static void tell_why(struct cli *cli, const json_t *thing)
{
    const char *id = json_get_text(thing, "id");
    const json_t *why;
    struct gov_err untold;

    if (!id || !remote_get(cli, arena_format(&cli->arena, "/v1/runs/%s/why", remote_segment(cli, id)), &why, &untold))
        return;
    const json_t *blocker = json_array_get(json_object_get(why, "blockers"), 0);
    if (blocker)
        cli_note(cli, "it waits: %s\n  what helps: %s", "仍在等待：%s\n  解决办法：%s",
                 json_get_text(blocker, "message"), json_get_text(blocker, "remedy"));
    else
        cli_note(cli, "state: %s", "状态：%s", show_state(cli, json_get_text(why, "state")));
}

bool follow_wait(struct cli *cli, const char *path, const json_t **thing, struct gov_err *err)
{
    int64_t started_us = clock_mono_us();
    struct progress progress;
    struct remote_answer answer;
    long left_ms;
    bool told = false;

    progress_init(&progress, cli);
    for (;;) {
        const char *state = json_get_text(*thing, "state");
        if (show_state_ended(state) || show_state_waits(state))
            break;
        progress_update(&progress, show_state(cli, state), -1, NULL);
        if (!time_left(cli, started_us, &left_ms)) {
            progress_clear(&progress);
            return fail_too_late(cli, err);
        }
        bool late = clock_mono_us() - started_us >= PATIENCE_S * INT64_C(1000000);
        if (late && !told && strcmp(state ? state : "", "running") != 0) {
            progress_clear(&progress);
            tell_why(cli, *thing);
            told = true;
        }
        int wait = late ? REMOTE_WAIT_S_MAX : PATIENCE_S;
        if (left_ms > 0 && left_ms / 1000 + 1 < wait)
            wait = (int)(left_ms / 1000) + 1;
        struct remote_call call = { .method = "GET", .path = path, .wait_s = wait };
        int64_t asked_us = clock_mono_us();
        if (!remote_send(cli, &call, &answer, err)) {
            progress_clear(&progress);
            return false;
        }
        *thing = answer.json;
        /* A server that does not hold the answer is not asked in a tight loop. */
        if (clock_mono_us() - asked_us < PAUSE_MS * 1000)
            pause_ms(show_state_ended(json_get_text(*thing, "state")) ? 0 : PAUSE_MS);
    }
    progress_clear(&progress);
    return true;
}
