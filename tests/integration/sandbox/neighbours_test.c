/* Two warm runs of one interpreter, both alive: on a kernel whose Landlock keeps them apart they share a network
 * namespace, and neither may reach the other. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

enum { ROOT, PLAIN, RIG_COUNT };
enum { LANDLOCK_IOCTL_DEV = 5 };

static struct sandbox_rig rigs[RIG_COUNT];
static bool has[RIG_COUNT];

/* Listens under names that belong to no file system, and says so once it has reached itself by them. */
static const char host[] =
    "import os, signal, socket, sys, threading\n"
    "print(hash('which interpreter'))\n"
    "listener = socket.socket(socket.AF_UNIX); listener.bind(b'\\0execgov-neighbour'); listener.listen()\n"
    "box = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); box.bind(b'\\0execgov-neighbour-box')\n"
    "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGURG, signal.SIGIO):\n"
    "    signal.signal(s, lambda *_: print('signalled', flush=True))\n"
    "own = socket.socket(socket.AF_UNIX); own.connect(b'\\0execgov-neighbour'); listener.accept()\n"
    "box.sendto(b'own', b'\\0execgov-neighbour-box'); assert box.recv(9) == b'own'\n"
    "def wait(what):\n"
    "    what()\n    print('reached', flush=True)\n"
    "for what in (listener.accept, lambda: box.recv(9)): threading.Thread(target=wait, args=(what,), daemon=True).start()\n"
    "print('ready', os.getpid(), flush=True)\n"
    "while True: signal.pause()\n";

static const char guest[] =
    "import os, signal, socket\n"
    "print(hash('which interpreter'))\n"
    "for kind, name in ((socket.SOCK_STREAM, b'\\0execgov-neighbour'), (socket.SOCK_DGRAM, b'\\0execgov-neighbour-box')):\n"
    "    s = socket.socket(socket.AF_UNIX, kind)\n"
    "    try:\n        s.connect(name)\n        print('connected', name)\n    except OSError: pass\n"
    "    try:\n        s.sendto(b'x', name)\n        print('sent', name)\n    except OSError: pass\n"
    "for pid in range(1, 5000):\n"
    "    if pid in (1, os.getpid()): continue\n"
    "    for send in (os.kill, os.killpg):\n"
    "        try:\n            send(pid, signal.SIGUSR1)\n            print('signalled', pid)\n        except OSError: pass\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "try: os.kill(-1, signal.SIGTERM)\nexcept OSError: pass\n"
    "if [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]: print('sees', os.listdir('/proc'))\n";

struct neighbour {
    struct sandbox_run *run;
    struct buf out;
    bool done, warm;
    enum sandbox_limit limit;
};

static void on_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct neighbour *n = user;

    (void)stream;
    buf_add(&n->out, data, bytes);
}

static void on_end(void *user, struct sandbox_report *report)
{
    struct neighbour *n = user;

    n->done = true;
    n->warm = report->warm;
    n->limit = report->limit;
}

static int setup(void **state)
{
    const int *which = *state;

    if (!has[*which])
        sandbox_rig_missing(*which == ROOT ? "root" : "a plain user");
    *state = &rigs[*which];
    return 0;
}

/* Both scripts are one package: an interpreter is one version's. */
static void two_runs_of_one_interpreter_cannot_reach_each_other(void **state)
{
    struct sandbox_rig *rig = *state;
    const struct rig_file files[] = { { "main.py", guest }, { "host.py", host }, { 0 } };
    const struct sandbox_events events = { on_output, on_end };
    struct neighbour n = { 0 };
    struct gov_err err = { 0 };
    struct rig_result r;
    uint8_t package[32];

    sandbox_rig_package(rig, files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.scope = "t_neighbours";
    rig->warm = true;
    sandbox_rig_wait_warm(rig, &job);
    struct sandbox_job first = job;
    first.entry = "host.py";
    assert_true(sandbox_run_start(rig->client, &first, &events, &n, &n.run, &err));
    while (!n.done && !strstr(buf_text(&n.out), "ready"))
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_false(n.done);

    sandbox_rig_run(rig, &job, NULL, &r);
    assert_false(n.done); /* it is alive, and listens */
    sandbox_run_cancel(n.run);
    while (!n.done)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_true(n.warm && r.warm);
    assert_int_equal(n.limit, SANDBOX_LIMIT_CANCELLED);
    assert_null(strstr(buf_text(&n.out), "reached"));
    assert_null(strstr(buf_text(&n.out), "signalled"));
    /* Copies of one interpreter share its hash seed: the first line of both, and all that the second has to say. */
    *strchr((char *)buf_text(&n.out), '\n') = 0;
    *strrchr((char *)buf_text(&r.out), '\n') = 0;
    assert_string_equal(buf_text(&r.out), buf_text(&n.out));
    assert_string_equal(buf_text(&r.errors), "");
    rig_result_release(&r);
    buf_release(&n.out);
}

/* The filter lets these through, for they are asked of files and pipes; of a device it is Landlock that says no. */
static void a_device_is_not_asked(void **state)
{
    struct rig_result r;

    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < LANDLOCK_IOCTL_DEV)
        skip();
    for (int warm = 0; warm < 2; warm++) {
        ((struct sandbox_rig *)*state)->warm = warm;
        sandbox_rig_script(*state,
                           "import errno, fcntl, os, termios\n"
                           "for path in ('/dev/null', '/dev/zero', '/dev/urandom'):\n"
                           "    fd = os.open(path, os.O_RDONLY)\n"
                           "    for name in ('FIONREAD', 'TCGETS', 'TIOCGWINSZ', 'TIOCGPGRP'):\n"
                           "        try:\n            fcntl.ioctl(fd, getattr(termios, name), b'\\0' * 64)\n"
                           "            print(path, name, 'answered')\n"
                           "        except OSError as e:\n"
                           "            if e.errno != errno.EACCES: print(path, name, errno.errorcode[e.errno])\n"
                           "a, b = os.pipe()\nos.write(b, b'xyz')\n"
                           "assert fcntl.ioctl(a, termios.FIONREAD, b'\\0' * 4)[0] == 3\n", NULL, &r);
        assert_string_equal(buf_text(&r.errors), "");
        assert_string_equal(buf_text(&r.out), "");
        rig_result_release(&r);
    }
}

int main(void)
{
    static int root = ROOT, plain = PLAIN;
    const struct CMUnitTest tests[] = {
        { "two_runs_of_one_interpreter_cannot_reach_each_other (root)",
          two_runs_of_one_interpreter_cannot_reach_each_other, setup, NULL, &root },
        { "two_runs_of_one_interpreter_cannot_reach_each_other (a plain user)",
          two_runs_of_one_interpreter_cannot_reach_each_other, setup, NULL, &plain },
        { "a_device_is_not_asked (root)", a_device_is_not_asked, setup, NULL, &root },
        { "a_device_is_not_asked (a plain user)", a_device_is_not_asked, setup, NULL, &plain },
    };

    has[ROOT] = geteuid() == 0 && sandbox_rig_start(&rigs[ROOT], false);
    has[PLAIN] = geteuid() == 0 && sandbox_rig_start(&rigs[PLAIN], true);
    if (!has[ROOT] && !has[PLAIN])
        return 77;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 0; i < RIG_COUNT; i++)
        if (has[i])
            sandbox_rig_stop(&rigs[i]);
    return failed;
}
