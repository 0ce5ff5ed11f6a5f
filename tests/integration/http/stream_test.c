/* Large and long: uploads, files, streams, ten thousand idle event streams. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/http_fixture.h"
#include "tests/lib/http_peer.h"
#include "tests/lib/test.h"

#define HOST "Host: localhost\r\n"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static struct http_fixture fixture;

static int port_of(void **state)
{
    struct http_fixture *f = *state;

    return f->port;
}

/* Resident bytes of this process. */
static long resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &pages, &resident), 2);
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static void upload(struct http_fixture *f, const char *path, size_t bytes, bool chunked)
{
    static char piece[100 * 1000];
    struct peer p = peer_open(f->port);
    struct peer_reply reply = { 0 };
    char text[200];
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof piece; i++) {
        piece[i] = (char)(i * 7);
        sum += (unsigned char)piece[i];
    }
    if (chunked)
        snprintf(text, sizeof text,
                 "POST %s HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", path);
    else
        snprintf(text, sizeof text, "POST %s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", path,
                 bytes);
    peer_send(&p, text);
    for (size_t sent = 0; sent < bytes; sent += sizeof piece) {
        if (chunked)
            peer_send(&p, "186a0\r\n");
        peer_send_bytes(&p, piece, sizeof piece);
        if (chunked)
            peer_send(&p, "\r\n");
    }
    if (chunked)
        peer_send(&p, "0\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 200);
    snprintf(text, sizeof text, "%zu %llu", bytes,
             (unsigned long long)(sum * (bytes / sizeof piece)));
    assert_string_equal(buf_text(&reply.body), text);
    peer_reply_release(&reply);
    peer_close(&p);
}

/* The sanitizer keeps freed memory for a while: resident bytes mean something without it only. */
static void assert_bounded(struct http_fixture *f, long before)
{
    assert_true(f->buffered_most < 200 * 1000);
    if (!SANITIZED)
        assert_true(resident_bytes() - before < 4 * 1000 * 1000);
}

static void a_100_mb_upload_passes_in_bounded_memory(void **state)
{
    upload(*state, "/count", 1000 * 1000, false); /* warm */
    long before = resident_bytes();
    upload(*state, "/count", 100 * 1000 * 1000, false);
    upload(*state, "/count", 20 * 1000 * 1000, true);
    assert_bounded(*state, before);
}

static void a_slow_taker_of_a_body_holds_the_client_back(void **state)
{
    struct http_fixture *f = *state;
    long before = resident_bytes();

    upload(f, "/count-slowly", 5 * 1000 * 1000, false);
    upload(f, "/count-slowly", 1000 * 1000, true);
    assert_int_equal(f->cut_chunks_after_pause, 0);
    assert_bounded(*state, before);
}

static void a_client_that_leaves_in_the_middle_of_an_upload_is_seen(void **state)
{
    struct http_fixture *f = *state;
    int gone = f->gone, chunks = f->chunks;
    struct peer p = peer_open(f->port);

    peer_send(&p, "POST /count HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    assert_true(peer_wait_count(&f->chunks, chunks + 1));
    peer_close(&p);
    assert_true(peer_wait_count(&f->gone, gone + 1));
}

static void a_long_stream_waits_for_its_reader(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p,
              "GET /pieces?n=20000 HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.length, 20 * 1000 * 1000);
    assert_int_equal(reply.body.data[19999999], 'p');
    peer_read(&p, &reply, false);
    assert_string_equal(buf_text(&reply.body), "hello");
    peer_reply_release(&reply);
    peer_close(&p);
}

static void assert_file(const struct http_fixture *f, const char *headers, int status, long offset,
                        long length)
{
    struct peer_reply reply = { 0 };
    char text[300], range[80];

    snprintf(text, sizeof text, "GET /file HTTP/1.1\r\n" HOST "%s\r\n", headers);
    assert_int_equal(peer_once(f->port, text, &reply), status);
    assert_int_equal(reply.body.length, length);
    for (long i = 0; i < length; i++) {
        snprintf(text, sizeof text, "%010ld", (offset + i) / 10);
        if (reply.body.data[i] != text[(offset + i) % 10])
            fail_msg("byte %ld of the answer is not byte %ld of the file", i, offset + i);
    }
    if (status == 206) {
        snprintf(range, sizeof range, "bytes %ld-%ld/300000", offset, offset + length - 1);
        assert_string_equal(peer_header(&reply, "Content-Range"), range);
    }
    assert_string_equal(peer_header(&reply, "Accept-Ranges"), "bytes");
    assert_string_equal(peer_header(&reply, "ETag"), "\"v1\"");
    peer_reply_release(&reply);
}

static void files_are_sent_whole_and_in_ranges(void **state)
{
    struct peer_reply reply = { 0 };

    assert_file(*state, "", 200, 0, 300000);
    assert_file(*state, "Range: bytes=5-14\r\n", 206, 5, 10);
    assert_file(*state, "Range: bytes=299990-\r\n", 206, 299990, 10);
    assert_file(*state, "Range: bytes=-70000\r\n", 206, 230000, 70000);
    assert_file(*state, "Range: bytes=5-14,20-30\r\n", 200, 0, 300000);
    assert_file(*state, "Range: bytes=5-14\r\nIf-Range: \"v1\"\r\n", 206, 5, 10);
    assert_file(*state, "Range: bytes=5-14\r\nIf-Range: \"v2\"\r\n", 200, 0, 300000);
    assert_int_equal(peer_once(port_of(state),
                               "GET /file HTTP/1.1\r\n" HOST "Range: bytes=300000-\r\n\r\n",
                               &reply),
                     416);
    assert_string_equal(peer_header(&reply, "Content-Range"), "bytes */300000");
    peer_reply_release(&reply);
}

static void a_reader_may_leave_in_the_middle_of_a_file(void **state)
{
    struct http_fixture *f = *state;
    int done = f->done;

    for (int i = 0; i < 20; i++) {
        struct peer p = peer_open(f->port);
        peer_send(&p, "GET /file HTTP/1.1\r\n" HOST "\r\n");
        assert_true(peer_wait_text(&p, "0000000000"));
        peer_close(&p);
    }
    assert_true(peer_wait_count(&f->done, done + 20));
}

static void events_are_framed_resumed_and_kept_alive(void **state)
{
    struct http_fixture *f = *state;
    int gone = f->gone;
    struct peer p = peer_open(f->port);

    peer_send(&p, "GET /events HTTP/1.1\r\n" HOST "Last-Event-ID: 41\r\n\r\n");
    assert_true(
        peer_wait_text(&p, "id: 7\nevent: greeting\ndata: hello after 41\ndata: line two\n\n"));
    assert_non_null(strstr(p.in.data, "Content-Type: text/event-stream\r\n"));
    assert_true(peer_wait_text(&p, "3\r\n:\n\n\r\n3\r\n:\n\n\r\n")); /* two heart-beats */
    peer_close(&p);
    assert_true(peer_wait_count(&f->gone, gone + 1));
    p = peer_open(f->port);
    peer_send(&p, "GET /events?last_event_id=9 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_text(&p, "hello after 9"));
    peer_close(&p);
    assert_true(peer_wait_count(&f->gone, gone + 2));
}

/* --- ten thousand idle event streams --- */

/* In a process of its own, so that the server's memory is measured alone. Reads the port from `in`,
 * opens the streams, writes how many there are to `out`, and leaves at the end of `in`. */
static _Noreturn void idle_readers(int in, int out, int wanted)
{
    static const char request[] = "GET /events HTTP/1.1\r\n" HOST "\r\n";
    struct http_fixture f = { 0 };
    int opened = 0;
    char byte;

    if (read(in, &f.port, sizeof f.port) != sizeof f.port)
        _exit(1);
    struct peer *peers = calloc((size_t)wanted, sizeof *peers);
    for (; opened < wanted; opened++) {
        peers[opened] = peer_open(f.port);
        peer_send_bytes(&peers[opened], request, sizeof request - 1);
    }
    for (int i = 0; i < wanted; i++) {
        if (!peer_wait_text(&peers[i], "line two"))
            _exit(1);
        buf_release(&peers[i].in);
    }
    if (write(out, &opened, sizeof opened) != sizeof opened || read(in, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

static void ten_thousand_idle_event_streams_are_cheap(void **state)
{
    int wanted = 10000, opened = 0, status = 0, to_child[2], from_child[2];
    struct http_fixture f = { 0 };
    struct rlimit files;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < (rlim_t)wanted + 200) {
        wanted = (int)files.rlim_cur - 200;
        print_message("only %d streams: RLIMIT_NOFILE\n", wanted);
    }
    assert_int_equal(pipe(to_child) | pipe(from_child), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(to_child[1]);
        idle_readers(to_child[0], from_child[1], wanted);
    }
    close(to_child[0]);
    close(from_child[1]);
    http_fixture_start(&f);
    assert_int_equal(peer_once(f.port, "GET /hello HTTP/1.1\r\n" HOST "\r\n", NULL), 200);
    long before = resident_bytes();
    assert_int_equal(write(to_child[1], &f.port, sizeof f.port), sizeof f.port);
    assert_int_equal(read(from_child[0], &opened, sizeof opened), sizeof opened);
    assert_int_equal(opened, wanted);
    assert_int_equal(f.begun, wanted + 1);
    long grown = resident_bytes() - before;
    print_message("%d idle event streams: %ld KB, %ld bytes each; process %ld KB\n", wanted,
                  grown / 1024, grown / wanted, resident_bytes() / 1024);
    if (!SANITIZED) {
        assert_true(grown / wanted < 1100);
        assert_true(resident_bytes() < 30 * 1000 * 1000);
    }
    close(to_child[1]);
    assert_true(peer_wait_count(&f.gone, wanted));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(from_child[0]);
    http_fixture_stop(&f);
    assert_int_equal(f.hub.count, 0);
}

static void stopping_ends_event_streams(void **state)
{
    struct http_fixture f = { 0 };
    struct peer_reply reply = { 0 };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "GET /events HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_text(&p, "line two"));
    http_fixture_drain(&f);
    peer_read(&p, &reply, false);
    assert_false(reply.closed); /* the last chunk came: an orderly end */
    assert_true(peer_closed(&p));
    peer_close(&p);
    peer_reply_release(&reply);
    pthread_join(f.thread, NULL);
    assert_int_equal(uv_loop_close(&f.loop), 0);
    assert_int_equal(f.gone, 0);
}

static int start(void **state)
{
    FILE *file;

    snprintf(fixture.file, sizeof fixture.file, "/tmp/http_stream_test.%d", (int)getpid());
    file = fopen(fixture.file, "w");
    assert_non_null(file);
    for (int i = 0; i < 30000; i++)
        fprintf(file, "%010d", i);
    fclose(file);
    fixture.beat_ms = 50;
    *state = &fixture;
    http_fixture_start(&fixture);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    remove(fixture.file);
    http_fixture_stop(&fixture);
    return 0;
}

int main(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(ten_thousand_idle_event_streams_are_cheap),
        cmocka_unit_test(stopping_ends_event_streams),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_100_mb_upload_passes_in_bounded_memory),
        cmocka_unit_test(a_slow_taker_of_a_body_holds_the_client_back),
        cmocka_unit_test(a_client_that_leaves_in_the_middle_of_an_upload_is_seen),
        cmocka_unit_test(a_long_stream_waits_for_its_reader),
        cmocka_unit_test(files_are_sent_whole_and_in_ranges),
        cmocka_unit_test(a_reader_may_leave_in_the_middle_of_a_file),
        cmocka_unit_test(events_are_framed_resumed_and_kept_alive),
    };
    /* First, because it forks, which wants a process without threads. */
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, start, stop);
}
