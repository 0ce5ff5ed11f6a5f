/* A warm start is a cold start but for its time: the same output, exit, files and errors over a corpus
 * of scripts; and a zygote is one tenant's and one version's. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

static struct sandbox_rig rig;

static const struct {
    const char *name, *script;
} corpus[] = {
    { "main", "print(__name__, __file__, __spec__, __package__, __doc__, __cached__ if '__cached__' in dir() else '-')\n"
              "import sys\nprint(sys.argv, sys.path, sys.orig_argv, sys.executable, sys.flags)\n"
              "print(sorted(n for n in dir() if n != '__cached__'), type(__loader__).__name__, __loader__.path)\n"
              "print(sys.modules['__main__'].__dict__ is globals(), __annotations__)\n"
              "def inner(): import __main__; return __main__.__file__\nprint(inner())\n" },
    { "traceback", "def f(x):\n    return 1 / x\n\n\ndef g():\n    f(0)\n\n\ng()\n" },
    { "chained", "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('bad 值') from e\n" },
    { "syntax", "print('now')\nexec(compile('x = = 1', 'of-mine', 'exec'))\n" },
    { "indent", "open('made.py', 'w').write('if True:\\nprint(1)\\n')\nimport made\n" },
    { "exit_number", "import sys\nprint('a')\nsys.exit(7)\n" },
    { "exit_none", "import sys\nsys.exit()\n" },
    { "exit_text", "import sys\nsys.exit('went 错')\n" },
    { "exit_true", "import sys\nsys.exit(True)\n" },
    { "exit_big", "import sys\nsys.exit(256 + 3)\n" },
    { "exit_negative", "raise SystemExit(-1)\n" },
    { "exit_tuple", "raise SystemExit(1, 2)\n" },
    { "exit_quit", "quit(4)\n" },
    { "os_exit", "import os\nprint('seen', flush=True)\nos.write(1, b'raw\\n')\nos._exit(5)\n" },
    { "atexit", "import atexit\nfor i in range(3): atexit.register(print, 'bye', i)\nprint('body')\n" },
    { "atexit_raises", "import atexit\n@atexit.register\ndef last(): raise RuntimeError('late')\nprint('body')\n" },
    { "atexit_after_error", "import atexit\natexit.register(print, 'still')\nraise KeyError('k')\n" },
    { "threads", "import threading\nturns = [threading.Event() for n in range(4)]\n"
                 "def work(n):\n    turns[n].wait(); print('thread', n); turns[n + 1].set()\n"
                 "for n in range(3): threading.Thread(target=work, args=(n,)).start()\nprint('main ends')\nturns[0].set()\n" },
    { "daemon_thread", "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
                       "print('main ends')\n" },
    { "thread_raises", "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T')\nt.start(); t.join()\n"
                       "print(threading.main_thread() is threading.current_thread(), threading.active_count())\n" },
    { "destructor", "class A:\n    def __del__(self): print('gone', self.n)\n"
                    "a = A(); a.n = 1\nb = A(); b.n = 2; b.me = b\n_c = A(); _c.n = 3\n" },
    { "unclosed_file", "f = open('left.txt', 'w')\nf.write('not closed')\ndef use(): return f\n" },
    { "weakref_finalize", "import weakref\nclass A: pass\na = A()\nweakref.finalize(a, print, 'finalized')\n" },
    { "subprocess_refused", "import subprocess\ntry: subprocess.run(['ls'])\nexcept OSError as e: print(type(e).__name__, e)\n"
                            "try: subprocess.run('ls', shell=True)\nexcept OSError as e: print(type(e).__name__, e)\n" },
    { "subprocess_python", "import subprocess, sys\n"
                           "print(subprocess.run([sys.executable, '-c', 'import os; print(sorted(os.environ))'],\n"
                           "                     capture_output=True, text=True))\n" },
    { "signal_self", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n" },
    { "signal_segv", "import os, signal\nprint('before')\nos.kill(os.getpid(), signal.SIGSEGV)\n" },
    { "signal_int", "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\n" },
    { "signal_handlers", "import signal\nfor s in sorted(signal.valid_signals()): print(s, signal.getsignal(s))\n"
                         "print(signal.pthread_sigmask(signal.SIG_BLOCK, []))\n" },
    { "abort", "import os\nos.abort()\n" },
    { "unicode", "import sys\nprint('你好 \\u00e9 \\U0001f600'); print(sys.stdout.encoding, sys.stderr.encoding, sys.stdin.encoding)\n"
                 "print(sys.getfilesystemencoding(), sys.getdefaultencoding(), sys.stdout.errors, sys.stderr.errors)\n"
                 "try: print('\\udc80')\nexcept UnicodeEncodeError as e: print(e)\nprint('\\udc80', file=sys.stderr)\n" },
    { "locale", "import locale, os\nprint(locale.setlocale(locale.LC_CTYPE), locale.getpreferredencoding(), '%s' % locale.getlocale()[1])\n"
                "print({k: os.environ[k] for k in sorted(os.environ)})\n" },
    { "zone", "import time, datetime, os\nprint(time.tzname, time.timezone, datetime.datetime.fromtimestamp(0), os.environ['TZ'])\n" },
    { "stdin", "import sys\nprint(repr(sys.stdin.readline()), repr(sys.stdin.read()), sys.stdin.seekable(), sys.stdin.isatty())\n"
               "sys.stdin.seek(0)\nprint(len(sys.stdin.buffer.read()))\n" },
    { "streams", "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n"
                 "    print(s.name, s.mode, s.fileno(), s.seekable(), s.line_buffering, s.write_through, type(s.buffer).__name__)\n" },
    { "large_output", "import sys\nfor i in range(20000): print('line', i)\nsys.stderr.write('e' * 100000)\n" },
    { "closed_stdout", "import sys\nprint('one')\nsys.stdout.close()\n" },
    { "sibling", "import helper, pack.inner, sys\nprint(helper.N, pack.inner.__file__, helper.__file__, helper.__name__, helper.__package__)\n"
                 "print(sys.modules['helper'].__spec__.origin, sys.modules['helper'].__cached__)\n" },
    { "sibling_raises", "import broken\n" },
    { "shadow", "import statistics\nprint(statistics.mean([1, 2, 3]))\n" },
    { "multiprocessing", "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == '__main__':\n"
                         "    with m.Pool(2) as p: print(p.map(f, range(5)))\n"
                         "    q = m.Queue(); p = m.Process(target=q.put, args=('q',)); p.start(); print(q.get()); p.join(); print(p.exitcode)\n" },
    { "spawn", "import multiprocessing as m\ndef f(x): return x + 1\nif __name__ == '__main__':\n"
               "    with m.get_context('spawn').Pool(1) as p: print(p.map(f, [1]))\n" },
    { "futures", "from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor\n"
                 "with ThreadPoolExecutor(2) as e: print(list(e.map(abs, [-1, -2])))\n"
                 "e = ThreadPoolExecutor(1); e.submit(print, 'at the end')\n" },
    { "fork", "import os\npid = os.fork()\nif pid == 0:\n    print('child', os.getppid() == 2); raise SystemExit(3)\n"
              "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n" },
    { "pids", "import os\nprint(os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0), os.getuid() == os.geteuid() == os.getgid())\n"
              "print(os.getgroups(), os.getcwd(), os.umask(0o22), oct(os.stat('/work').st_mode), os.uname().nodename)\n" },
    { "rehearsal", "import gc, sys\nprint([c for c in object.__subclasses__() if c.__name__ == 'Play'])\n"
                   "print([o.__name__ for o in gc.get_objects() if type(o) is type(sys) and o.__name__ == '__main__'])\n" },
    { "space", "import os\nfor p in ('/work', '/tmp', '/dev/shm', '/result', '/input', '/'):\n"
               "    s = os.statvfs(p); print(p, s.f_blocks, s.f_files, s.f_flag, oct(os.stat(p).st_mode), os.stat(p).st_uid == os.getuid())\n"
               "    try: open(p + '/made', 'x').close(); os.remove(p + '/made'); print('made')\n"
               "    except OSError as e: print(e.errno)\nprint(os.listdir('/input'))\n" },
    { "account", "import getpass, pwd, os\nprint(getpass.getuser() if 'USER' in os.environ else pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser('~'))\n" },
    { "rlimits", "import resource as r\nfor n in sorted(n for n in dir(r) if n.startswith('RLIMIT_')): print(n, r.getrlimit(getattr(r, n)))\n" },
    { "logging", "import logging\nlogging.basicConfig(level=10, format='%(levelname)s %(message)s')\nlogging.info('x'); logging.warning('y')\n" },
    { "warnings", "import warnings\nwarnings.warn('careful')\nimport imp\n" },
    { "recursion", "def f(n): return f(n + 1)\ntry: f(0)\nexcept RecursionError as e: print(e)\nimport sys; print(sys.getrecursionlimit())\n" },
    { "excepthook", "import sys\nsys.excepthook = lambda t, v, b: print('hook', t.__name__, v)\nraise ValueError(3)\n" },
    { "unraisable", "class A:\n    def __del__(self): raise ValueError('in del')\nA()\nprint('on')\n" },
    { "generator", "def g():\n    try: yield 1\n    finally: print('closed')\nx = g(); next(x)\n" },
    { "asyncio", "import asyncio\nasync def f():\n    await asyncio.sleep(0.01); return 'done'\nprint(asyncio.run(f()))\n" },
    { "tempfile", "import tempfile, os\nd = tempfile.TemporaryDirectory()\nprint(tempfile.gettempdir(), os.path.isdir(d.name))\n" },
    { "pickle_main", "import pickle\nclass P: pass\nprint(pickle.loads(pickle.dumps(P())).__class__ is P)\n" },
    { "exec_python", "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(5)'])\n" },
    { "bom", "\xef\xbb\xbfprint('bom')\n" },
    { "latin", "# -*- coding: latin-1 -*-\nprint('\xe9')\n" },
    { "crlf", "print('a')\r\nif True:\r\n    print('''x\r\ny''')\r\n" },
    { "no_newline", "print('end')" },
    { "empty", "" },
    { "progress", "import sys\nprint('::progress 40 reading', file=sys.stderr)\nopen('out.txt', 'w').write('x')\n"
                  "import json, os\njson.dump({'a': 1}, open(os.environ['EXECGOV_RESULT'], 'w'))\n" },
    { "decimal_context", "import decimal, random\nprint(decimal.getcontext())\n" },
    { "gc", "import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.get_debug())\n" },
    { "interactive", "import builtins\nprint(sorted(set(dir(builtins)) - {'_'})[-3:], 'exit' in dir(builtins), copyright.__class__.__name__)\n" },
    { "input", "print(repr(input('ask ')))\ntry:\n    input()\nexcept EOFError as e: print('eof', e)\n" },
    { "openpyxl", "import openpyxl\nw = openpyxl.Workbook(); w.active['A1'] = 1; w.save('t.xlsx')\n"
                  "print(openpyxl.load_workbook('t.xlsx').active['A1'].value); import os; os.remove('t.xlsx')\n" },
};

/* Addresses are of the process, not of the script. */
static void addresses_mask(char *text)
{
    for (char *at = text; (at = strstr(at, " at 0x"));)
        for (at += 6; *at && strchr("0123456789abcdef", *at); at++)
            *at = '-';
}

static bool texts_same(const char *name, const char *what, const struct buf *cold,
                       const struct buf *warm)
{
    char *a = (char *)buf_text((struct buf *)cold), *b = (char *)buf_text((struct buf *)warm);

    if (cold->length)
        addresses_mask(a);
    if (warm->length)
        addresses_mask(b);
    if (strcmp(a, b) == 0)
        return true;
    fprintf(stderr, "%s: %s differs\n--- cold\n%.3000s\n--- warm\n%.3000s\n", name, what, a, b);
    return false;
}

static bool ends_same(const char *name, const struct rig_result *cold, const struct rig_result *warm)
{
    if (cold->exit_code == warm->exit_code && cold->signal == warm->signal &&
        cold->limit == warm->limit && cold->err.code == warm->err.code &&
        cold->level == warm->level && cold->artifact_count == warm->artifact_count)
        return true;
    fprintf(stderr, "%s ends differently: exit %d, %d; signal %d, %d; files %zu, %zu\n", name,
            cold->exit_code, warm->exit_code, cold->signal, warm->signal, cold->artifact_count,
            warm->artifact_count);
    return false;
}

static bool compare(const char *name, const struct rig_result *cold, const struct rig_result *warm)
{
    bool good = texts_same(name, "stdout", &cold->out, &warm->out) &
                texts_same(name, "stderr", &cold->errors, &warm->errors) &
                texts_same(name, "result", &cold->answer, &warm->answer) &
                ends_same(name, cold, warm);

    for (size_t i = 0; good && i < cold->artifact_count; i++) {
        const struct rig_artifact *a = &cold->artifacts[i];
        const struct rig_artifact *b = rig_artifact_find(warm, a->name);
        good = b && texts_same(name, a->name, &a->content, &b->content);
    }
    return good;
}

/* Both ways, the warm one twice: the second is not the first of its zygote. */
static bool same(const char *name, const char *script)
{
    const struct rig_file files[] = { { "main.py", script },
                                      { "helper.py", "N = 5\n" },
                                      { "broken.py", "import nonesuch_module\n" },
                                      { "pack/inner.py", "" },
                                      { 0 } };
    const char *args[] = { "--a", "值", "" };
    struct rig_result cold, warm;
    uint8_t package[32];
    bool good = true;

    sandbox_rig_package(&rig, files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.args = args;
    job.arg_count = 3;
    job.timezone = "Asia/Shanghai";
    job.input = "{\"a\": 1}\nsecond\n";
    job.input_bytes = strlen(job.input);
    rig.warm = false;
    sandbox_rig_run(&rig, &job, NULL, &cold);
    assert_false(cold.warm);
    rig.warm = true;
    for (int i = 0; good && i < 2; i++) {
        sandbox_rig_run(&rig, &job, NULL, &warm);
        good = compare(name, &cold, &warm);
        rig_result_release(&warm);
    }
    rig_result_release(&cold);
    return good;
}

static void every_script_of_the_corpus_ends_the_same_way_warm_and_cold(void **state)
{
    int differ = 0;

    (void)state;
    for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++)
        differ += !same(corpus[i].name, corpus[i].script);
    assert_int_equal(differ, 0);
}

/* One warm run of `script` for `scope`; its stdout is left in `r`. */
static void run_for(const char *scope, const uint8_t package[32], struct rig_result *r)
{
    struct sandbox_job job = sandbox_rig_job(package);

    job.scope = scope;
    rig.warm = true;
    sandbox_rig_run(&rig, &job, NULL, r);
    assert_int_equal(r->err.code, GOV_OK);
}

static void a_zygote_is_never_shared_between_tenants(void **state)
{
    const struct rig_file files[] = { { "main.py", "print(hash('which interpreter'))\n" }, { 0 } };
    struct rig_result a, again, b;
    uint8_t package[32];

    (void)state;
    sandbox_rig_package(&rig, files, package);
    run_for("t_one", package, &a);
    run_for("t_one", package, &again);
    run_for("t_two", package, &b);
    assert_string_equal(buf_text(&a.out), buf_text(&again.out)); /* copies of one share its hash seed */
    assert_string_not_equal(buf_text(&a.out), buf_text(&b.out));
    rig_result_release(&a);
    rig_result_release(&again);
    rig_result_release(&b);
}

static void nothing_of_one_run_is_left_for_the_next(void **state)
{
    const struct rig_file files[] = {
        { "main.py", "import builtins, json, os, sys, socket, random, uuid\n"
                     "assert not hasattr(builtins, 'left') and 'left' not in os.environ and not hasattr(json, 'left')\n"
                     "assert os.listdir('/work') == ['main.py'] and os.listdir('/tmp') == [] and os.listdir('/dev/shm') == []\n"
                     "builtins.left = json.left = 1; os.environ['left'] = '1'\n"
                     "for p in ('left', '/tmp/left', '/dev/shm/left'): open(p, 'w').close()\n"
                     "import ctypes\nlibc = ctypes.CDLL(None)\nassert libc.shmget(77, 4096, 0) == -1, 'shm'\n"
                     "assert libc.shmget(77, 4096, 0o1666) >= 0\n"
                     "print(random.random(), uuid.uuid4(), os.urandom(4))\n" },
        { 0 }
    };
    struct rig_result r[2];
    uint8_t package[32];

    (void)state;
    sandbox_rig_package(&rig, files, package);
    for (int i = 0; i < 2; i++)
        run_for("t_one", package, &r[i]);
    assert_string_not_equal(buf_text(&r[0].out), buf_text(&r[1].out));
    rig_result_release(&r[0]);
    rig_result_release(&r[1]);
}

static void a_package_that_shadows_what_was_imported_starts_cold(void **state)
{
    const struct rig_file files[] = { { "main.py", "import statistics, sys\nprint(sys.modules['decimal'].OWN)\n" },
                                      { "decimal.py", "OWN = 'own'\nDecimal = int\n" }, { 0 } };
    struct rig_result r;
    uint8_t package[32];

    (void)state;
    sandbox_rig_package(&rig, files, package);
    rig.warm = true;
    struct sandbox_job job = sandbox_rig_job(package);
    job.scope = "t_one";
    assert_true(sandbox_prepare(rig.client, job.scope, package, job.wheels, "base"));
    rig.warm = false;
    do
        sandbox_rig_run(&rig, &job, NULL, &r);
    while (strcmp(r.cold_reason, "starting") == 0 && (rig_result_release(&r), true));
    assert_false(r.warm);
    assert_string_equal(r.cold_reason, "shadows decimal");
    assert_string_equal(buf_text(&r.out), "own\n");
    rig_result_release(&r);
}

static void without_the_mover_spares_are_moved_all_the_same(void **state)
{
    const struct rig_file files[] = { { "main.py", "print(1)\n" }, { 0 } };
    struct rig_result r;
    uint8_t package[32];
    pid_t pids[RIG_CHILDREN_MAX];

    (void)state;
    sandbox_rig_package(&rig, files, package);
    assert_int_equal(sandbox_rig_children(&rig, 0, 1, pids), 1);
    kill(pids[0], SIGKILL);
    for (int i = 0; i < 3; i++) {
        run_for("t_mover", package, &r);
        assert_true(r.warm);
        rig_result_release(&r);
    }
    assert_int_equal(sandbox_rig_children(&rig, 0, 1, pids), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_of_the_corpus_ends_the_same_way_warm_and_cold),
        cmocka_unit_test(a_zygote_is_never_shared_between_tenants),
        cmocka_unit_test(nothing_of_one_run_is_left_for_the_next),
        cmocka_unit_test(a_package_that_shadows_what_was_imported_starts_cold),
        cmocka_unit_test(without_the_mover_spares_are_moved_all_the_same),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rig, false)) {
        fprintf(stderr, "skipped: needs root and namespaces\n");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    return failed;
}
