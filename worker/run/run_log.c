/* run_log.c - add -> pending -> (timer) -> insert -> tell -> pending again.
 *
 * One insert is under way at a time. A chunk keeps its number when it is sent again, so a commit whose
 * answer was lost does no harm. What is refused for a reason of its own is sent again for some ten
 * seconds, and given up then. While the database is away it waits, as the end of its run does.
 *
 * Once closed, what is left waits for the transaction that ends the run: a commit less that is waited for.
 */
#include "worker/run/run_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"

enum {
    FLUSH_MS = 150,
    RETRY_MS = 250,
    RETRY_DOUBLINGS = 3,
    TRIES_MAX = 8,
    CHUNK_BYTES_MAX = 32 * 1024,
    LINE_BYTES_MAX = 1024 * 1024,
    STDOUT_BYTES_MAX = 64 * 1024,
    TAIL_BYTES = 4096
};

struct flush {
    struct op op;
    struct run_log *log;
};

struct run_log {
    struct work *work;
    struct id job;
    struct id request;
    int64_t seq;
    json_t *pending;                     /* array of chunks not yet committed */
    size_t sending;                      /* the first so many are on their way */
    struct buf cut[RUN_STREAM_COUNT];    /* bytes of a character, or of a line that may be a mark */
    struct buf torn;                     /* of stderr: the first bytes of a character whose rest has not come */
    bool open;                           /* of stderr: what was passed on ends within a line */
    const struct secrets *secrets;       /* NULL: nothing to hide */
    struct run_denials *denials;
    struct buf held[RUN_STREAM_COUNT];   /* what may be the beginning of a secret */
    struct buf line;                     /* of stdout, the present one */
    struct buf last_line;
    struct buf out;
    struct buf tail;                     /* of stderr */
    uv_timer_t *timer;
    struct flush flush;
    bool flushing;
    bool closed;         /* what is left goes with the end of the run */
    int tries;           /* of the flush under way, since one that went well */
    struct gov_err lost; /* its code is not 0: nothing is written any more */
    struct op *drainer;
};

static void flush_start(struct run_log *log);

static const char *const stream_names[] = { "stdout", "stderr", "system" };

static void on_timer(uv_timer_t *timer)
{
    struct run_log *log = timer->data;
    if (!log->flushing)
        flush_start(log);
}

struct run_log *run_log_new(struct work *work, int64_t seq, struct run_denials *denials)
{
    struct run_log *log = calloc(1, sizeof *log);
    CHECK(log);
    log->work = work;
    log->job = work->job.id;
    log->request = work->job.request;
    log->seq = seq;
    log->denials = denials;
    log->pending = json_array();
    log->timer = calloc(1, sizeof *log->timer);
    CHECK(log->timer);
    uv_timer_init(&work->op.loop->uv, log->timer);
    log->timer->data = log;
    return log;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void run_log_free(struct run_log *log)
{
    CHECK(!log->flushing && !log->drainer);
    uv_close((uv_handle_t *)log->timer, free_handle);
    json_decref(log->pending);
    for (int i = 0; i < RUN_STREAM_COUNT; i++) {
        buf_release(&log->cut[i]);
        buf_release(&log->held[i]);
    }
    buf_release(&log->torn);
    buf_release(&log->line);
    buf_release(&log->last_line);
    buf_release(&log->out);
    buf_release(&log->tail);
    free(log);
}

/* --- writing --- */

static const char *chunks_text(const struct run_log *log, size_t count, struct arena *arena)
{
    json_t *chunks = json_own(arena, json_array());

    for (size_t i = 0; i < count; i++)
        json_array_append(chunks, json_array_get(log->pending, i));
    return json_text(arena, chunks);
}

static enum op_next insert(struct op *op)
{
    struct run_log *log = ((struct flush *)op)->log;

    DB_QUERY(op, log->work->worker->db, &log->work->tenant.scope, SQL_QUERIES_RUN_LOG_INSERT, NULL,
             log->job.text, chunks_text(log, log->sending, &op->arena));
    return OP_WAIT;
}

static enum op_next tell(struct op *op)
{
    struct run_log *log = ((struct flush *)op)->log;
    event_bus_publish_going_on(log->work->worker->events, log->work->tenant.scope.schema, &log->request);
    return OP_DONE;
}

static const struct op_step steps[] = { { "insert", insert }, { "tell", tell }, { 0 } };

/* The end of the run, which it holds up, will say so. */
static void give_up(struct run_log *log, const struct gov_err *err)
{
    gov_fail(&log->lost, GOV_LOG_LOST,
             "what the script printed could not be stored; an operator finds the reason in the worker's log under "
             "run_log.lost",
             "脚本的输出未能保存；运维人员可在 worker 日志的 run_log.lost 中查看原因");
    log_error(LEVEL_ERROR, "run_log.lost", err, LOG_FIELD("job", log->job.text),
              LOG_FIELD("tenant", log->work->tenant.scope.schema));
    json_array_clear(log->pending);
}

/* How long to wait before it is sent again; 0: it is not. */
static int64_t retry_ms(struct run_log *log, const struct gov_err *err)
{
    bool away = err->code == GOV_STORE_UNAVAILABLE;
    int64_t ms = (int64_t)RETRY_MS << (log->tries < RETRY_DOUBLINGS ? log->tries : RETRY_DOUBLINGS);

    log_error(LEVEL_WARN, "run_log.retry", err, LOG_FIELD("job", log->job.text),
              LOG_FIELD("tenant", log->work->tenant.scope.schema));
    if (away && log->tries >= RETRY_DOUBLINGS)
        return ms;
    return ++log->tries < TRIES_MAX ? ms : 0;
}

static void flushed(struct op *op)
{
    struct run_log *log = ((struct flush *)op)->log;
    struct op *drainer = log->drainer;
    int64_t again_ms = log->closed ? 0 : drainer ? 1 : FLUSH_MS;

    log->flushing = false;
    if (op->failed) {
        again_ms = retry_ms(log, &op->err);
        if (!again_ms)
            give_up(log, &op->err);
    } else {
        log->tries = 0;
        for (size_t i = 0; i < log->sending; i++)
            json_array_remove(log->pending, 0);
    }
    op_release(op);
    if (json_array_size(log->pending) && again_ms) {
        uv_timer_start(log->timer, on_timer, (uint64_t)again_ms, 0);
    } else if (drainer) {
        log->drainer = NULL;
        op_io_end(drainer, NULL);
    }
}

static void flush_start(struct run_log *log)
{
    log->flushing = true;
    log->sending = json_array_size(log->pending);
    op_init(&log->flush.op, "run_log", steps, log->work->op.loop, flushed);
    log->flush.log = log;
    op_start(&log->flush.op);
}

static void chunk_write(struct run_log *log, enum run_stream stream, const char *text, size_t bytes)
{
    char at[CLOCK_TEXT_BYTES];

    if (bytes == 0 || log->lost.code)
        return;
    json_array_append_new(log->pending,
                          json_pack("{s:I, s:s, s:s, s:s%}", "seq", (json_int_t)++log->seq, "at",
                                    clock_format(clock_now_us(), at), "stream",
                                    stream_names[stream], "body", text, bytes));
    if (!log->flushing && !log->closed && !uv_is_active((uv_handle_t *)log->timer))
        uv_timer_start(log->timer, on_timer, FLUSH_MS, 0);
}

/* --- what must not be seen --- */

/* What is held is masked and passed on; without `last`, all but what may go on as a secret. Secrets and what is held
 * are whole characters, so a cut between them is one, too. */
static void pass_on(struct run_log *log, enum run_stream stream, bool last)
{
    struct buf *held = &log->held[stream];
    struct arena arena;
    size_t length;

    arena_init(&arena);
    size_t ready = held->length - (last ? 0 : secrets_tail(log->secrets, held->data, held->length));
    const char *shown = secrets_mask(log->secrets, held->data, ready, &length, &arena);
    chunk_write(log, stream, shown, length);
    buf_consume(held, ready);
    arena_release(&arena);
}

/* The result is read from what is remembered of stdout, unmasked, and masked there as a whole: a number in the middle
 * of its JSON may not become dots. */
static void chunk_add(struct run_log *log, enum run_stream stream, const char *text, size_t bytes)
{
    if (!log->secrets) {
        chunk_write(log, stream, text, bytes);
        return;
    }
    buf_add(&log->held[stream], text, bytes);
    pass_on(log, stream, stream == RUN_SYSTEM);
}

/* --- from bytes to text --- */

/* How many bytes at the end of a valid prefix are the beginning of a character that is not whole yet. */
static size_t cut_tail(const char *data, size_t bytes)
{
    for (size_t back = 1; back <= 3 && back <= bytes; back++) {
        unsigned char c = (unsigned char)data[bytes - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
        return need > back ? back : 0;
    }
    return 0;
}

static void clean_into(struct buf *out, const char *data, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t n = text_utf8_decode(data + i, bytes - i, &c);
        if (n == 0) {
            buf_add_text(out, "\xef\xbf\xbd");
            i++;
        } else if (c == 0) {
            buf_add_text(out, "\xe2\x90\x80");
            i++;
        } else {
            buf_add(out, data + i, n);
            i += n;
        }
    }
}

static void remember_stdout(struct run_log *log, const char *data, size_t bytes)
{
    size_t room = STDOUT_BYTES_MAX - log->out.length;
    buf_add(&log->out, data, bytes < room ? bytes : room);
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] != '\n') {
            if (log->line.length < LINE_BYTES_MAX)
                buf_add_char(&log->line, data[i]);
            continue;
        }
        if (strspn(buf_text(&log->line), " \t\r") < log->line.length) {
            buf_clear(&log->last_line);
            buf_add(&log->last_line, log->line.data, log->line.length);
        }
        buf_clear(&log->line);
    }
}

/* True if the line is no output: it says how far the script is, or what it was denied. */
static bool take_mark(struct run_log *log, const char *line, size_t bytes)
{
    const char *words;
    struct buf shown = { 0 };
    enum output_mark mark = output_mark_read(line, bytes, &words);
    size_t word_bytes = mark ? (size_t)(line + bytes - words) : 0;
    bool taken = mark == MARK_PROGRESS;

    if (mark == MARK_PROGRESS)
        chunk_add(log, RUN_SYSTEM, line + 2, bytes - 2);
    else if (mark && log->denials)
        taken = run_denials_note(log->denials, mark, words, word_bytes, &shown);
    chunk_add(log, RUN_STDERR, buf_text(&shown), shown.length);
    buf_release(&shown);
    return taken;
}

/* Whole lines of stderr but those that are marks. What may become one stays in `cut` until it is whole. Returns how
 * much was used. */
static size_t split_marks(struct run_log *log, const char *text, size_t bytes)
{
    const char *words;
    size_t from = 0, at = 0;

    while (at < bytes) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end ? (size_t)(end - text) - at : bytes - at;
        bool begins = at > 0 || !log->open; /* what goes on is no mark, whatever it looks like */
        bool whole = begins && end && output_mark_read(text + at, length, &words) != MARK_NONE;
        if (whole || (begins && !end && output_mark_may_be(text + at, length))) {
            chunk_add(log, RUN_STDERR, text + from, at - from);
            from = at;
            log->open = false;
            if (!end)
                return at;
            if (take_mark(log, text + at, length))
                from = at + length + 1;
        }
        at += length + (end ? 1 : 0);
    }
    chunk_add(log, RUN_STDERR, text + from, bytes - from);
    if (bytes)
        log->open = text[bytes - 1] != '\n';
    return bytes;
}

static void add_clean(struct run_log *log, enum run_stream stream, bool last)
{
    struct buf *cut = &log->cut[stream];
    struct buf text = { 0 };
    size_t used = cut->length - (last ? 0 : cut_tail(cut->data, cut->length));

    if (stream == RUN_STDERR && !last) {
        used = split_marks(log, cut->data, used);
        buf_consume(cut, used);
        return;
    }
    clean_into(&text, cut->data, used);
    if (stream == RUN_STDOUT)
        remember_stdout(log, text.data, text.length);
    for (size_t at = 0; at < text.length;) {
        size_t bytes = text.length - at < CHUNK_BYTES_MAX ? text.length - at : CHUNK_BYTES_MAX;
        bytes -= cut_tail(text.data + at, bytes);
        chunk_add(log, stream, text.data + at, bytes);
        at += bytes;
    }
    buf_consume(cut, used);
    buf_release(&text);
}

static void remember_stderr(struct run_log *log, const char *data, size_t bytes)
{
    buf_add(&log->tail, data, bytes);
    if (log->tail.length > 2 * TAIL_BYTES)
        buf_consume(&log->tail, log->tail.length - TAIL_BYTES);
}

void run_log_add(struct run_log *log, enum run_stream stream, const char *data, size_t bytes)
{
    struct buf *cut = &log->cut[stream];

    if (bytes == 0)
        return;
    if (stream == RUN_STDERR) {
        /* Broken bytes are mended before lines are looked for. */
        remember_stderr(log, data, bytes);
        buf_add(&log->torn, data, bytes);
        size_t used = log->torn.length - cut_tail(log->torn.data, log->torn.length);
        clean_into(cut, log->torn.data, used);
        buf_consume(&log->torn, used);
    } else {
        buf_add(cut, data, bytes);
    }
    add_clean(log, stream, false);
}

void run_log_hide(struct run_log *log, const struct secrets *secrets)
{
    log->secrets = secrets;
}

/* What was held back for more to come is not waited for any longer. */
static void complete(struct run_log *log)
{
    clean_into(&log->cut[RUN_STDERR], buf_text(&log->torn), log->torn.length);
    buf_clear(&log->torn);
    for (int i = 0; i < RUN_STREAM_COUNT; i++)
        if (log->cut[i].length)
            add_clean(log, (enum run_stream)i, true);
    for (int i = 0; i < RUN_STREAM_COUNT; i++)
        if (log->held[i].length)
            pass_on(log, (enum run_stream)i, true);
    if (log->line.length)
        remember_stdout(log, "\n", 1);
}

/* `op` goes on when the flush under way, or one that is to be sent again, is through. */
static void await_flush(struct op *op, struct run_log *log)
{
    log->drainer = op;
    op_io_begin(op);
}

void run_log_drain(struct op *op, struct run_log *log)
{
    log->closed = false;
    complete(log);
    if (!log->flushing && json_array_size(log->pending) == 0)
        return;
    await_flush(op, log);
    uv_timer_stop(log->timer);
    if (!log->flushing)
        flush_start(log);
}

void run_log_close(struct op *op, struct run_log *log)
{
    bool refused = log->tries > 0; /* it waits to be sent again, alone */

    complete(log);
    log->closed = true;
    if (log->flushing || refused)
        await_flush(op, log);
    else
        uv_timer_stop(log->timer);
}

bool run_log_left(const struct run_log *log)
{
    return json_array_size(log->pending) > 0;
}

void run_log_add_left(const struct run_log *log, struct db_group *group)
{
    DB_GROUP_ADD(group, SQL_QUERIES_RUN_LOG_INSERT, NULL, log->job.text,
                 chunks_text(log, json_array_size(log->pending), &log->work->op.arena));
}

const struct gov_err *run_log_lost(const struct run_log *log)
{
    return log->lost.code ? &log->lost : NULL;
}

const char *run_log_last_line(const struct run_log *log)
{
    return log->last_line.length ? log->last_line.data : NULL;
}

const char *run_log_stderr_tail(const struct run_log *log)
{
    return buf_text(&log->tail);
}

const char *run_log_stdout(const struct run_log *log)
{
    return buf_text(&log->out);
}
