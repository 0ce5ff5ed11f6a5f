/* Scripts that try to get out, to look out, or to leave traps in what they hand back. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/delegation.h"
#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

/* At each level cold and warm, as the package's own script; where G4 is claimed also from inside a wheel that the package
 * brings, whose code is the tenant's as much. */
enum { ROOT, DELEGATED, PLAIN, RIG_COUNT };

static struct sandbox_rig rigs[RIG_COUNT];
static bool has[RIG_COUNT];

struct variant {
    const char *name;
    int rig, level;
    bool warm, wheel;
};

static const struct variant variants[] = {
    { "root", ROOT, 3, false, false },           { "root warm", ROOT, 3, true, false },
    { "root wheel", ROOT, 3, false, true },      { "root warm wheel", ROOT, 3, true, true },
    { "delegated", DELEGATED, 2, false, false }, { "delegated warm", DELEGATED, 2, true, false },
    { "delegated wheel", DELEGATED, 2, false, true },
    { "delegated warm wheel", DELEGATED, 2, true, true },
    { "plain", PLAIN, 1, false, false },         { "plain warm", PLAIN, 1, true, false },
};
enum { VARIANT_COUNT = sizeof variants / sizeof *variants };

static int setup(void **state)
{
    const struct variant *v = *state;
    struct sandbox_rig *rig = &rigs[v->rig];

    if (!has[v->rig]) /* not every machine has the cgroup v1 that can be delegated */
        v->rig == DELEGATED ? skip() : sandbox_rig_missing(v->name);
    assert_int_equal(rig->level, v->level);
    rig->warm = v->warm;
    rig->in_wheel = v->wheel;
    *state = rig;
    return 0;
}

/* Run; it must end well and print nothing: every line it prints is a hole. */
static void nothing_found(void **state, const char *script)
{
    struct rig_result r;

    sandbox_rig_script(*state, script, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "");
    assert_int_equal(r.err.code, GOV_OK);
    rig_result_release(&r);
}

/* A listener on this host that must never see anybody. */
static int canary_listen(int family, uint16_t *port)
{
    struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;

    if (fd < 0 ||
        (family == AF_INET ? bind(fd, (struct sockaddr *)&any4, sizeof any4)
                           : bind(fd, (struct sockaddr *)&any6, sizeof any6)) < 0 ||
        listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&bound, &size) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = family == AF_INET ? ntohs(((struct sockaddr_in *)&bound)->sin_port)
                              : ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return fd;
}

static void no_address_can_be_reached(void **state)
{
    uint16_t port4 = 0, port6 = 0;
    int four = canary_listen(AF_INET, &port4), six = canary_listen(AF_INET6, &port6);
    char script[4096];

    snprintf(script, sizeof script,
             "import socket\n"
             "P4, P6 = %d, %d\n"
             "targets = [(socket.AF_INET, (h, p)) for h, p in (\n"
             "  ('127.0.0.1', P4), ('0.0.0.0', P4), ('localhost', P4), ('127.1.2.3', P4), ('10.0.0.1', 80),\n"
             "  ('172.16.0.1', 80), ('192.168.0.1', 80), ('169.254.169.254', 80), ('1.1.1.1', 53),\n"
             "  ('8.8.8.8', 443), ('224.0.0.1', 9), ('255.255.255.255', 9), ('100.64.0.1', 80))]\n"
             "targets += [(socket.AF_INET6, (h, p)) for h, p in (('::1', P6), ('::', P6),\n"
             "  ('::ffff:127.0.0.1', P4), ('fe80::1', 80), ('2606:4700:4700::1111', 53), ('fd00::1', 80))]\n"
             "targets += [(17, None), (16, None), (38, None), (40, (2, 1)), (31, None)]\n"
             "for family, address in targets:\n"
             "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):\n"
             "        try:\n"
             "            s = socket.socket(family, kind)\n"
             "            print('socket', family, kind)\n"
             "            s.settimeout(0.5)\n"
             "            s.connect(address)\n"
             "            print('connected', address)\n"
             "        except OSError: pass\n"
             "for path in (b'\\0execgov', '/run/dbus/system_bus_socket', '/var/run/docker.sock',\n"
             "             '/run/systemd/private', '%s'):\n"
             "    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):\n"
             "        try:\n"
             "            socket.socket(socket.AF_UNIX, kind).connect(path)\n"
             "            print('connected', path)\n"
             "        except OSError: pass\n"
             "a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'\n",
             port4, port6, ((struct sandbox_rig *)*state)->socket);
    nothing_found(state, script);
    assert_true(four < 0 || accept(four, NULL, NULL) < 0);
    assert_true(six < 0 || accept(six, NULL, NULL) < 0);
    if (four >= 0)
        close(four);
    if (six >= 0)
        close(six);
}

static void an_abstract_socket_of_the_host_is_not_there(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char script[512];
    int n = snprintf(address.sun_path + 1, 64, "execgov-canary-%d", getpid());
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)n)), 0);
    assert_int_equal(listen(fd, 1), 0);
    snprintf(script, sizeof script,
             "import socket\ntry:\n    socket.socket(socket.AF_UNIX).connect(b'\\0%s')\n"
             "    print('connected')\nexcept OSError: pass\n", address.sun_path + 1);
    nothing_found(state, script);
    assert_true(accept(fd, NULL, NULL) < 0);
    close(fd);
}

/* sandboxd was started with CANARY_SECRET in its environment, this program has it, too. */
static void the_canary_secret_is_nowhere(void **state)
{
    nothing_found(state,
                  "import os\n"
                  "needle = b'canary-' + b'5f1d0c'\n"
                  "def look(path):\n"
                  "    try:\n"
                  "        with open(path, 'rb') as f: data = f.read(1 << 22)\n"
                  "    except (OSError, ValueError): return\n"
                  "    if needle in data and path != '/proc/self/mem': print('found in', path)\n"
                  "if any(needle in (k + v).encode() for k, v in os.environ.items()): print('environ')\n"
                  "for pid in ['self', 'thread-self'] + [str(i) for i in range(0, 400)]:\n"
                  "    for name in ('environ', 'cmdline', 'maps', 'stack', 'auxv', 'mem', 'root/proc/1/environ'):\n"
                  "        look(f'/proc/{pid}/{name}')\n"
                  "for fd in list(range(0, 300)):\n"
                  "    for base in ('/proc/self/fd/', '/proc/1/fd/', '/dev/fd/'):\n"
                  "        if fd > 2 or base == '/proc/1/fd/':\n"
                  "            look(base + str(fd))\n"
                  "for top in ('/', '/proc/1/root/', '/proc/1/cwd/'):\n"
                  "    try: names = os.listdir(top)\n"
                  "    except OSError: continue\n"
                  "    extra = set(names) - {'bin', 'dev', 'etc', 'input', 'lib', 'lib64', 'proc', 'result',\n"
                  "                          'tmp', 'usr', 'work'}\n"
                  "    if extra: print(top, extra)\n"
                  "for folder, _, names in os.walk('/', followlinks=False):\n"
                  "    if folder.startswith(('/proc', '/usr', '/dev')): continue\n"
                  "    for n in names:\n"
                  "        if n not in ('main.py',): look(os.path.join(folder, n))\n");
}

static void only_the_standard_descriptors_are_open(void **state)
{
    nothing_found(state, "import os\n"
                         "for fd in range(3, 4096):\n"
                         "    try:\n        os.fstat(fd)\n        print('open', fd)\n"
                         "    except OSError: pass\n"
                         "seen = os.listdir('/proc/self/fd') if os.path.isdir('/proc/self') else []\n"
                         "if len(seen) > 4: print(seen)\n");
}

/* Asked and answered through it, by main and by what main starts; nothing else is open. */
static void a_script_that_may_call_has_its_broker_and_nothing_more(void **state)
{
    static const char script[] =
        "import os, socket, stat, subprocess, sys\n"
        "for fd in range(4, 4096):\n"
        "    try:\n        os.fstat(fd)\n        print('open', fd)\n"
        "    except OSError: pass\n"
        "broker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=3)\n"
        "broker.sendall(b'main;')\n"
        "if broker.recv(6) != b'answer': print('no answer')\n"
        "subprocess.run([sys.executable, '-c', 'import os; os.write(3, b\"child\")'], close_fds=False)\n";
    struct sandbox_job job;
    struct rig_result r;
    char asked[16] = "";
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(write(ends[0], "answer", 6), 6);
    sandbox_rig_script_job(*state, script, &job);
    job.broker = ends[1];
    sandbox_rig_run(*state, &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "");
    assert_int_equal(r.err.code, GOV_OK);
    rig_result_release(&r);
    close(ends[1]);
    assert_int_equal(read(ends[0], asked, sizeof asked - 1), 10);
    assert_string_equal(asked, "main;child");
    assert_int_equal(read(ends[0], asked, 1), 0); /* nobody holds its other end any more */
    close(ends[0]);
}

static void other_processes_cannot_be_seen_or_signalled(void **state)
{
    nothing_found(state,
                  "import os, ctypes\n"
                  "others = [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]\n"
                  "if others: print('sees', others)\n"
                  "for pid in range(1, 5000):\n"
                  "    if pid in (os.getpid(), 1): continue\n"
                  "    try:\n        os.kill(pid, 0)\n        print('can signal', pid)\n"
                  "    except OSError: pass\n"
                  "if os.getppid() != 1: print('parent', os.getppid())\n"
                  "for sig in (9, 19, 15, 2):\n"
                  "    try: os.kill(1, sig)\n    except OSError: pass\n"
                  "for path in ('/proc/1/mem', '/proc/1/environ', '/proc/1/maps', '/proc/1/root', '/proc/1/cwd'):\n"
                  "    try:\n        os.open(path, os.O_RDONLY)\n        print('opens', path)\n"
                  "    except OSError: pass\n");
}

/* Raw system calls by number (x86-64); each must fail with an error that means "no". */
static void calls_that_reach_for_the_host_fail(void **state)
{
#if defined(__x86_64__)
    nothing_found(state,
                  "import ctypes, errno, os\n"
                  "libc = ctypes.CDLL(None, use_errno=True)\n"
                  "no = (errno.EPERM, errno.ENOSYS, errno.EACCES)\n"
                  "def refused(name, *a):\n"
                  "    if libc.syscall(*a) != -1 or ctypes.get_errno() not in no:\n"
                  "        print(name, 'gave', ctypes.get_errno())\n"
                  "z = ctypes.create_string_buffer(4096)\n"
                  "for flag in (0x10000000, 0x20000000, 0x20000, 0x40000000, 0x08000000, 0x04000000,\n"
                  "             0x02000000, 0x80, 0):\n"
                  "    refused('unshare %x' % flag, 272, flag)\n"
                  "    if flag > 0x80: refused('clone %x' % flag, 56, flag | 17, 0, 0, 0, 0)\n"
                  "refused('clone3', 435, z, 88)\n"
                  "for name, nr in (('setns', 308), ('mount', 165), ('umount2', 166), ('pivot_root', 155),\n"
                  "        ('chroot', 161), ('ptrace', 101), ('process_vm_readv', 310), ('bpf', 321),\n"
                  "        ('perf', 298), ('userfaultfd', 323), ('io_uring_setup', 425), ('keyctl', 250),\n"
                  "        ('add_key', 248), ('request_key', 249), ('init_module', 175),\n"
                  "        ('finit_module', 313), ('kexec', 246), ('reboot', 169), ('swapon', 167),\n"
                  "        ('open_by_handle_at', 304), ('name_to_handle_at', 303), ('open_tree', 428),\n"
                  "        ('move_mount', 429), ('fsopen', 430), ('fsmount', 432), ('mount_setattr', 442),\n"
                  "        ('pidfd_getfd', 438), ('kcmp', 312), ('personality', 135), ('acct', 163),\n"
                  "        ('sethostname', 170), ('settimeofday', 164), ('iopl', 172), ('modify_ldt', 154),\n"
                  "        ('fanotify_init', 300), ('quotactl', 179), ('syslog', 103), ('vhangup', 153),\n"
                  "        ('setgroups', 116), ('capset', 126), ('landlock', 444), ('seccomp', 317),\n"
                  "        ('vmsplice', 278), ('unknown', 600)):\n"
                  "    refused(name, nr, 0, 0, 0, 0, 0, 0)\n"
                  "for uid in (0, 65534, 990000):\n"
                  "    for f in (os.setuid, os.setgid, os.setresuid):\n"
                  "        try:\n            f(*([uid] * (3 if f is os.setresuid else 1)))\n"
                  "            if os.getuid() != uid or uid == 0: print('became', uid)\n"
                  "        except OSError: pass\n"
                  "status = open('/proc/self/status').read() if os.path.exists('/proc/self/status') else ''\n"
                  "for line in status.splitlines():\n"
                  "    k, _, v = line.partition(':')\n"
                  "    if k.startswith('Cap') and int(v, 16): print(line)\n"
                  "    if k == 'NoNewPrivs' and v.strip() != '1': print(line)\n"
                  "    if k == 'Seccomp' and v.strip() != '2': print(line)\n");
#else
    skip();
#endif
}

/* The same numbers by another door: the kernel's 32-bit table, and the one of x32. */
static void the_other_system_call_tables_are_shut(void **state)
{
#if defined(__x86_64__)
    nothing_found(state,
                  "import subprocess, sys\n"
                  "X32 = 'import ctypes\\nr = ctypes.CDLL(None).syscall(0x40000000 + 39)\\nif r != -1: print(r)'\n"
                  "OLD = ('import ctypes, mmap\\nm = mmap.mmap(-1, 4096, prot=7)\\n'\n"
                  "       'm.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))\\n'\n"
                  "       'at = ctypes.addressof(ctypes.c_char.from_buffer(m))\\n'\n"
                  "       'r = ctypes.CFUNCTYPE(ctypes.c_int)(at)()\\nif r >= 0: print(r)')\n"
                  "OWN = 'import ctypes; print(ctypes.CDLL(None).syscall(39) > 0)'\n"
                  "def answer(code): return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)\n"
                  "for name, code in (('x32', X32), ('int 0x80', OLD)):\n"
                  "    r = answer(code)\n" /* killed for it, or told that there is none */
                  "    if r.returncode > 0 or r.stdout: print(name, r)\n"
                  "if answer(OWN).stdout != 'True\\n': print('asks nothing')\n");
#else
    skip();
#endif
}

static void nothing_but_work_can_be_written(void **state)
{
    nothing_found(state,
                  "import os\n"
                  "for folder, folders, files in os.walk('/'):\n"
                  "    if folder.startswith('/proc') or folder.startswith('/usr/lib/'): continue\n"
                  "    free = folder.startswith(('/work', '/tmp', '/result', '/dev/shm'))\n"
                  "    try:\n        open(os.path.join(folder, 'probe'), 'w').close()\n"
                  "        if not free: print('made a file in', folder)\n"
                  "    except OSError as e:\n        if free and folder != '/work/in': print(folder, e)\n"
                  "    for n in files:\n"
                  "        p = os.path.join(folder, n)\n"
                  "        if free or folder == '/dev' or os.path.islink(p): continue\n"
                  "        try:\n            open(p, 'r+').close()\n            print('can write', p)\n"
                  "        except OSError: pass\n"
                  "for p in ('/usr/lib/python3/dist-packages/x', '/usr/lib/x86_64-linux-gnu/x'):\n"
                  "    try:\n        open(p, 'w')\n        print('made', p)\n    except OSError: pass\n");
}

static void a_setuid_bit_or_device_of_its_own_is_worth_nothing(void **state)
{
    nothing_found(state,
                  "import os, shutil, stat, subprocess\n"
                  "shutil.copy('/usr/bin/python3', 'py')\n"
                  "os.chmod('py', 0o4755)\n"
                  "out = subprocess.run(['/work/py', '-c', 'import os; print(os.geteuid() == os.getuid())'],\n"
                  "                     capture_output=True, text=True)\n"
                  "if out.stdout.strip() != 'True': print(out)\n"
                  "os.remove('py')\n"
                  "for kind in (stat.S_IFCHR, stat.S_IFBLK):\n"
                  "    try:\n        os.mknod('dev', 0o666 | kind, os.makedev(1, 1))\n        print('made a device')\n"
                  "    except OSError: pass\n");
}

static void traps_among_the_results_are_refused_by_name(void **state)
{
    struct rig_result r;
    struct sandbox_limits l = sandbox_limits_default();

    l.artifact_bytes = 3 << 20;
    sandbox_rig_script(*state,
                       "import os\n"
                       "open('good.txt', 'w').write('good')\n"
                       "os.symlink('/etc/passwd', 'link.txt')\n"
                       "os.symlink('good.txt', 'link2.txt')\n"
                       "os.mkfifo('fifo')\n"
                       "open('a', 'w').write('x'); os.link('a', 'b')\n"
                       "import socket; s = socket.socket(socket.AF_UNIX); s.bind('sock')\n"
                       "open('sparse', 'wb').truncate(2 << 20)\n"
                       "open('huge', 'wb').truncate(200 << 20)\n"
                       "open('bad\\nname', 'w').write('x')\n"
                       "open('-rf', 'w').write('x')\n"
                       "open('evil\\u202etxt.exe', 'w').write('x')\n"
                       "open(b'\\xff\\xfe', 'w').write('x')\n"
                       "open('locked', 'w').write('x'); os.chmod('locked', 0)\n"
                       "os.makedirs('out'); os.symlink('/', 'out/root')\n"
                       "os.makedirs('out/closed'); open('out/closed/x', 'w'); os.chmod('out/closed', 0)\n"
                       "d = 'out'\n"
                       "for i in range(30):\n    d += '/d'; os.mkdir(d)\n"
                       "open(d + '/f', 'w').write('x')\n"
                       "os.symlink('/etc/passwd', os.environ['EXECGOV_RESULT'])\n",
                       &l, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.artifact_count, 1);
    assert_string_equal(r.artifacts[0].name, "good.txt");
    assert_false(r.has_answer);
    assert_string_equal(rig_refusal_find(&r, "link.txt"), "symlink");
    assert_string_equal(rig_refusal_find(&r, "link2.txt"), "symlink");
    assert_string_equal(rig_refusal_find(&r, "out/root"), "symlink");
    assert_string_equal(rig_refusal_find(&r, "result.json"), "symlink");
    assert_string_equal(rig_refusal_find(&r, "fifo"), "not_regular");
    assert_string_equal(rig_refusal_find(&r, "sock"), "not_regular");
    assert_string_equal(rig_refusal_find(&r, "a"), "hard_link");
    assert_string_equal(rig_refusal_find(&r, "b"), "hard_link");
    assert_string_equal(rig_refusal_find(&r, "sparse"), "sparse");
    assert_string_equal(rig_refusal_find(&r, "huge"), "too_large");
    assert_string_equal(rig_refusal_find(&r, "bad?name"), "name");
    assert_string_equal(rig_refusal_find(&r, "-rf"), "name");
    assert_string_equal(rig_refusal_find(&r, "evil?txt.exe"), "name");
    assert_string_equal(rig_refusal_find(&r, "??"), "name");
    assert_string_equal(rig_refusal_find(&r, "locked"), "unreadable");
    assert_string_equal(rig_refusal_find(&r, "out/closed"), "unreadable");
    assert_non_null(rig_refusal_find(&r, "out/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d"));
    rig_result_release(&r);
}

static void more_results_than_allowed_are_refused(void **state)
{
    struct rig_result r;
    struct sandbox_limits l = sandbox_limits_default();

    l.artifact_count = 5;
    sandbox_rig_script(*state, "for i in range(9): open('f%d' % i, 'w').write('x')\n", &l, &r);
    assert_int_equal(r.artifact_count, 5);
    assert_int_equal(r.refusal_count, 4);
    assert_string_equal(r.refusals[0].reason, "too_many");
    rig_result_release(&r);
}

/* The filter alone would hide a missing network namespace from the other tests. */
static void every_namespace_is_the_jobs_own(void **state)
{
    static const char *const names[] = { "pid", "mnt", "net", "ipc", "uts", "cgroup" };
    struct rig_result r;
    char *line, *rest;

    sandbox_rig_script(*state,
                       "import os\n"
                       "for n in ('pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup'):\n"
                       "    print(os.readlink('/proc/self/ns/' + n))\n",
                       NULL, &r);
    assert_int_equal(r.exit_code, 0);
    rest = r.out.data;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], own[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        ssize_t n = readlink(path, own, sizeof own - 1);
        assert_true(n > 0);
        own[n] = 0;
        line = strsep(&rest, "\n");
        assert_non_null(line);
        assert_true(strncmp(line, names[i], strlen(names[i])) == 0);
        assert_string_not_equal(line, own);
    }
    rig_result_release(&r);
}

static void hosts_files_are_not_there(void **state)
{
    nothing_found(state,
                  "import os\n"
                  "for p in ('/root', '/home', '/var', '/sys', '/run', '/boot', '/opt', '/mnt', '/etc/shadow',\n"
                  "          '/etc/ssh', '/proc/kcore', '/proc/sys', '/proc/kallsyms', '/proc/version',\n"
                  "          '/proc/sysrq-trigger', '/proc/cmdline', '/dev/mem', '/dev/kvm', '/dev/tty',\n"
                  "          '/dev/fuse', '/dev/sda', '/dev/vda', '/sys/fs/cgroup', '/work/../root'):\n"
                  "    if os.path.lexists(p): print(p)\n"
                  "if os.uname().nodename != 'sandbox': print(os.uname())\n");
}

static const struct {
    const char *name;
    CMUnitTestFunction run;
} escapes[] = {
#define ESCAPE(test) { #test, test }
    ESCAPE(no_address_can_be_reached),
    ESCAPE(an_abstract_socket_of_the_host_is_not_there),
    ESCAPE(the_canary_secret_is_nowhere),
    ESCAPE(only_the_standard_descriptors_are_open),
    ESCAPE(a_script_that_may_call_has_its_broker_and_nothing_more),
    ESCAPE(other_processes_cannot_be_seen_or_signalled),
    ESCAPE(calls_that_reach_for_the_host_fail),
    ESCAPE(the_other_system_call_tables_are_shut),
    ESCAPE(nothing_but_work_can_be_written),
    ESCAPE(a_setuid_bit_or_device_of_its_own_is_worth_nothing),
    ESCAPE(traps_among_the_results_are_refused_by_name),
    ESCAPE(more_results_than_allowed_are_refused),
    ESCAPE(every_namespace_is_the_jobs_own),
    ESCAPE(hosts_files_are_not_there),
};
enum { ESCAPE_COUNT = sizeof escapes / sizeof *escapes };

static int run_all(void)
{
    static struct CMUnitTest tests[ESCAPE_COUNT * VARIANT_COUNT];
    static char names[ESCAPE_COUNT * VARIANT_COUNT][120];

    for (size_t i = 0; i < ESCAPE_COUNT * VARIANT_COUNT; i++) {
        const struct variant *v = &variants[i % VARIANT_COUNT];
        snprintf(names[i], sizeof names[i], "%s (%s)", escapes[i / VARIANT_COUNT].name, v->name);
        tests[i] = (struct CMUnitTest){ names[i], escapes[i / VARIANT_COUNT].run, setup, NULL, (void *)v };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    setenv("CANARY_SECRET", "canary-5f1d0c", 1);
    if (geteuid() != 0) {
        fprintf(stderr, "skipped: needs root\n");
        return 77;
    }
    has[DELEGATED] = delegation_enter() && sandbox_rig_start(&rigs[DELEGATED], true);
    delegation_leave();
    has[ROOT] = sandbox_rig_start(&rigs[ROOT], false);
    has[PLAIN] = sandbox_rig_start(&rigs[PLAIN], true);
    int failed = has[ROOT] ? run_all() : 77;
    for (int i = 0; i < RIG_COUNT; i++)
        if (has[i])
            sandbox_rig_stop(&rigs[i]);
    delegation_remove();
    return failed;
}
