"""One hostile act per name; sandboxd's self-test starts each and knows how it must end.

Prints "ok" when the act was refused, anything else when it was not.
"""
import os
import sys


def memory():
    blocks = []
    while True:
        blocks.append(bytearray(1 << 20))


def pids():
    kept = []
    while True:
        pid = os.fork()
        if pid == 0:
            import signal
            signal.pause()
        kept.append(pid)


def disk():
    with open("big", "wb") as f:
        while True:
            f.write(b"x" * (1 << 16))


def inodes():
    n = 0
    while True:
        open(f"f{n}", "w").close()
        n += 1


def network():
    import socket
    for family, address in ((socket.AF_INET, ("127.0.0.1", 22)), (socket.AF_INET, ("1.1.1.1", 53)),
                            (socket.AF_INET6, ("::1", 22))):
        try:
            s = socket.socket(family, socket.SOCK_STREAM)
            s.settimeout(1)
            s.connect(address)
        except OSError:
            continue
        return print("connected to", address)
    print("ok")


def fds():
    import fcntl
    for fd in range(3, 1024):
        try:
            fcntl.fcntl(fd, fcntl.F_GETFD)
        except OSError:
            continue
        return print("descriptor", fd, "is open")
    print("ok")


def environment():
    known = {"HOME", "LANG", "PYTHONUTF8", "PATH", "TMPDIR", "TZ", "EXECGOV_INPUT", "EXECGOV_RESULT",
             "LC_CTYPE", "PWD", "SHLVL", "OLDPWD", "_"}
    extra = set(os.environ) - known
    print("ok" if not extra else "variables " + " ".join(sorted(extra)))


def proc():
    seen = [p for p in os.listdir("/proc") if p.isdigit()] if os.path.isdir("/proc") else []
    foreign = [p for p in seen if int(p) != os.getpid()]
    if foreign:
        return print("processes", " ".join(foreign))
    for path in ("/proc/kcore", "/proc/sysrq-trigger", "/proc/1/environ", "/proc/sys/kernel/core_pattern",
                 "/etc/shadow", "/root", "/sys", "/var", "/home"):
        if os.path.exists(path):
            return print(path, "is there")
    print("ok")


def double_fork():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    print("ok")


def signals():
    for pid in (1, -1):
        try:
            os.kill(pid, 9 if pid == 1 else 0)
        except OSError:
            pass
    print("ok")


def output():
    try:
        while True:
            os.write(1, b"x" * 65536)
    except OSError:
        pass


def deadline():
    import signal
    for n in range(1, 65):
        try:
            signal.signal(n, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass


def calls():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    for name, args in (("unshare", (0x10000000,)), ("unshare", (0x20000000,)), ("setns", (0, 0)),
                       ("mount", (b"none", b"/tmp", b"tmpfs", 0, None)), ("umount2", (b"/work", 2)),
                       ("ptrace", (16, os.getppid(), 0, 0)), ("chroot", (b"/work",))):
        if getattr(libc, name)(*args) == 0:
            return print(name, "was allowed")
    try:
        os.setuid(0)
        return print("became root")
    except OSError:
        pass
    print("ok")


def writes():
    for path in ("/x", "/usr/x", "/etc/passwd", "/usr/bin/python3", "/input/input.json", "/proc/x"):
        try:
            open(path, "a").close()
        except OSError:
            continue
        return print(path, "can be written")
    print("ok")


globals()[sys.argv[1]]()
