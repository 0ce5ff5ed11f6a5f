/* channel_test.c - what rides on a frame: one descriptor where one is wanted, and none that stays open. */
#include "core/io/egress/channel.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/test.h"

static const char frame[] = "\0\0\0\2\0\0\0\0{}";

struct side {
    struct loop loop;
    struct channel *channel;
    int other; /* the end the test speaks through */
    int frames, descriptors, closed;
    size_t answer_bytes; /* of what each frame is answered with; 0: nothing */
};

static void on_frame(void *user, struct channel_frame *got)
{
    struct side *s = user;

    s->frames++;
    s->descriptors += got->fd >= 0;
    channel_frame_free(got);
    if (s->answer_bytes) {
        char *body = calloc(1, s->answer_bytes);
        json_t *head = json_object();
        assert_true(channel_send(s->channel, head, body, s->answer_bytes, -1));
        json_decref(head);
        free(body);
    }
}

static void on_closed(void *user)
{
    ((struct side *)user)->closed++;
}

static const struct channel_events plain = { .on_frame = on_frame, .on_closed = on_closed };
static const struct channel_events taking = { .on_frame = on_frame, .on_closed = on_closed, .takes_descriptor = true };

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void begin(struct side *s, const struct channel_events *events)
{
    int pair[2];

    memset(s, 0, sizeof *s);
    loop_init(&s->loop);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    s->other = pair[1];
    s->channel = channel_open(&s->loop, pair[0], events, s);
}

static void end(struct side *s)
{
    if (!s->closed)
        channel_close(s->channel);
    close(s->other);
    assert_true(loop_release(&s->loop));
}

/* A whole frame with `count` descriptors on it, and whatever the channel makes of it. */
static void send_frame(struct side *s, int count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int[8]))] = { 0 };
    struct iovec part = { (void *)frame, sizeof frame - 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    int before = s->frames + s->closed;

    if (count) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *h = CMSG_FIRSTHDR(&message);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        for (int i = 0; i < count; i++)
            memcpy(CMSG_DATA(h) + sizeof(int) * (size_t)i, &(int){ STDERR_FILENO }, sizeof(int));
    }
    assert_int_equal(sendmsg(s->other, &message, MSG_NOSIGNAL), sizeof frame - 1);
    while (s->frames + s->closed == before)
        uv_run(&s->loop.uv, UV_RUN_ONCE);
}

static void a_descriptor_comes_with_its_frame_where_it_is_wanted(void **state)
{
    struct side s;

    (void)state;
    begin(&s, &taking);
    send_frame(&s, 1);
    send_frame(&s, 0);
    assert_int_equal(s.frames, 2);
    assert_int_equal(s.descriptors, 1);
    end(&s);
}

static void several_descriptors_end_the_channel_and_stay_nowhere(void **state)
{
    (void)state;
    for (int count = 2; count <= 8; count++) {
        int before = open_descriptors();
        struct side s;
        begin(&s, &taking);
        send_frame(&s, count);
        assert_int_equal(s.closed, 1);
        assert_int_equal(s.frames, 0);
        end(&s);
        assert_int_equal(open_descriptors(), before);
    }
}

static void a_script_that_sends_one_is_left(void **state)
{
    int before = open_descriptors();
    struct side s;

    (void)state;
    begin(&s, &plain);
    send_frame(&s, 0);
    send_frame(&s, 1);
    assert_int_equal(s.closed, 1);
    assert_int_equal(s.frames, 1);
    end(&s);
    assert_int_equal(open_descriptors(), before);
}

/* A script that asks and asks and takes no answer would have egress keep them all. */
static void who_does_not_read_gets_no_further_answer(void **state)
{
    enum { FRAMES = 60, ANSWER = 1 << 20 };
    struct side s;
    static char taken[1 << 16];
    size_t total = 0;

    (void)state;
    begin(&s, &plain);
    s.answer_bytes = ANSWER;
    for (int i = 0; i < FRAMES; i++)
        assert_int_equal(write(s.other, frame, sizeof frame - 1), sizeof frame - 1);
    for (int i = 0; i < 10 * FRAMES; i++) /* each turn could answer several */
        uv_run(&s.loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(s.frames, 1);
    /* Nothing is lost by it: what is read makes room for the next. */
    while (total < FRAMES * (size_t)(ANSWER + sizeof frame - 1)) {
        uv_run(&s.loop.uv, UV_RUN_NOWAIT);
        ssize_t n = recv(s.other, taken, sizeof taken, MSG_DONTWAIT);
        total += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(s.frames, FRAMES);
    assert_int_equal(s.closed, 0);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_comes_with_its_frame_where_it_is_wanted),
        cmocka_unit_test(several_descriptors_end_the_channel_and_stay_nowhere),
        cmocka_unit_test(a_script_that_sends_one_is_left),
        cmocka_unit_test(who_does_not_read_gets_no_further_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
