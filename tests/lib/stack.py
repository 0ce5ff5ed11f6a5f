"""stack.py - the real thing for one test program: PostgreSQL, Redis and ExecGov's daemons, private.

    with Stack() as stack:
        reply = stack.api("GET", "/v1/me", token="olivia")
        assert reply.status == 200, reply.json

    Stack(processes=("api", "scheduler", "worker"))   # the worker brings the sandbox along

Everything lives in one new folder under /tmp and on unix sockets; only the daemons have loopback ports, free
ones. Programs come from $EXECGOV_BUILD/bin. What was started ends with stop(), by its process id, and
with the test program if that dies. Nothing waits for a time: until() asks again and again, and gives up at once when a
daemon has refused its work meanwhile.

When it stops it looks for secrets where none may lie (canary.py). Every answer is held against api/openapi.yaml. PEOPLE are seeded: two tenants, one person for each role,
a platform administrator; a person is named by the part of the e-mail before the @.
"""
import contextlib
import dataclasses
import fcntl
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref

import canary
import openapi

BUILD = pathlib.Path(os.environ.get("EXECGOV_BUILD") or openapi.ROOT / "build/dev")
SLOTS = 2
START_S = 60
REFUSED = (1, 2)  # SERVICE_EXIT_START and _USAGE: a daemon that could not begin, or was told what it does not know
LAST_LINES = 30


def person(name, role):
    return {"email": f"{name}@people.example", "name": name.capitalize(), "role": role,
            "password": f"a strange horse for {name}"}


PEOPLE = {
    "platform": {key: value for key, value in person("pat", "").items() if key != "role"},
    "tenants": [
        {"name": "Harbour Hardware", "kind": "team", "timezone": "Asia/Shanghai", "users": [
            person("olivia", "owner"), person("adam", "admin"), person("oscar", "operator"),
            person("arun", "approver"), person("fiona", "finance"), person("audrey", "auditor"),
            person("vera", "viewer")]},
        {"name": "Lakeside Books", "kind": "team", "users": [
            person("lin", "owner"), person("lea", "approver"), person("leo", "viewer")]},
    ],
}


@dataclasses.dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    @property
    def code(self):
        """Of a problem; None of anything else."""
        return self.json.get("code") if self.status >= 400 else None


_stacks = weakref.WeakSet()


def until(condition, seconds=START_S, what="the condition"):
    """The first true answer of condition(), asked again and again while no daemon has ended as one that cannot start."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        for stack in list(_stacks):
            stack.look_for_refused(what)
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {seconds} s")
        time.sleep(0.02)


_ports = []  # open files: who has one locked has its port, until this program ends


def free_port():
    """A port that no other test program is given, and that the system gives to no connection: it lies below those."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"execgov-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.sample(range(16000, 32000), 500):
        lock = open(folder / str(port), "w", encoding="ascii")
        with contextlib.suppress(OSError), socket.socket() as probe:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            probe.bind(("127.0.0.1", port))
            _ports.append(lock)
            return port
        lock.close()
    raise AssertionError("no port is free")


def postgres_program(name):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
                   key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError(f"{name}: PostgreSQL is not installed")
    return str(found[-1])


class Stack:
    """Started by the constructor or by `with`; `processes` are api, scheduler, egress, worker, sandboxd."""

    fsync = "off"
    postgres_settings = ("shared_buffers=64MB",)

    def __init__(self, processes=("api",), people=None, settings=None):
        """`settings`: {"api": {"session_hours": 1}} and so on, on top of what is needed."""
        self.people = people or PEOPLE
        self.settings = settings or {}
        self.contract = openapi.Contract.load()
        self.running = {}  # name -> Popen, in the order of their start
        self.ports = {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="execgov-stack-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.tokens, self.passwords = {}, {}
        self.canary = canary.Canary(self)
        _stacks.add(self)
        try:
            self.start_postgres(make=True)
            self.start_redis()
            self.migrate()
            self.seed()
            if "worker" in processes and "sandboxd" not in processes:
                processes = ("sandboxd", *processes)
            for name in processes:
                self.start(name)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # --- processes ---

    def _become(self, as_postgres):
        become = ["setpriv", "--pdeathsig", "KILL"]
        if as_postgres and os.geteuid() == 0:
            become += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        return become

    def spawn(self, name, words, as_postgres=False):
        """Start a program under a name; its output goes to <folder>/<name>.log."""
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [*self._become(as_postgres), *map(str, words)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd="/", env={**os.environ, **self.canary.environment})
        return self.running[name]

    def call(self, words, as_postgres=False, **how):
        done = subprocess.run([*self._become(as_postgres), *map(str, words)], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=120, cwd="/", check=False, **how)
        if done.returncode != 0:
            raise AssertionError(f"{words[0]} ended with {done.returncode}: "
                                 f"{(done.stdout + done.stderr).decode(errors='replace')}")
        return done.stdout

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def last_lines(self, name):
        return "\n".join(self.log(name).splitlines()[-LAST_LINES:])

    def look_for_refused(self, what):
        for name, process in list(self.running.items()):
            if name.split("-")[0] in canary.DAEMONS and process.poll() in REFUSED:
                raise AssertionError(f"waiting for {what}: {name} ended with {process.returncode}:\n{self.last_lines(name)}")

    def ready(self, name, condition):
        def look():
            if self.running[name].poll() is not None:
                raise AssertionError(f"{name} ended with {self.running[name].returncode}:\n{self.last_lines(name)}")
            return condition()
        until(look, what=f"{name} being ready")

    def end(self, name, how=signal.SIGTERM, seconds=60):
        """End one program and wait for it; returns its exit status."""
        process = self.running.pop(name)
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{name} did not end within {seconds} s:\n{self.log(name)}") from None

    def stop(self):
        """Look for secrets, end everything, newest first, and delete the folder."""
        faults = self.leaks()
        for name in reversed(list(self.running)):
            try:
                status = self.end(name, signal.SIGINT if name == "postgres" else signal.SIGTERM)
                if status not in (0, -signal.SIGTERM):
                    faults.append(f"{name} ended with {status}:\n{self.log(name)[-4000:]}")
            except AssertionError as error:
                faults.append(str(error))
        shutil.rmtree(self.folder, ignore_errors=True)
        if faults:
            raise AssertionError("\n".join(faults))

    def alive(self, name):
        return name in self.running and self.running[name].poll() is None

    @staticmethod
    def program(name):
        return postgres_program(name)

    def leaks(self):
        """What the canary found, and where it could not look. Only a server that the test ended itself (`end`) is
        passed over, and that is said: a look that finds nothing because nothing was there to look at is no proof."""
        faults = []
        for name in ("postgres",) if hasattr(self, "nodes") else ("postgres", "redis"):  # of several, canary.py asks who leads
            if name not in self.running:
                print(f"the canary did not look into {name}: the test ended it", file=sys.stderr)
            elif not self.alive(name):
                faults.append(f"the canary could not look into {name}: it died ({self.running[name].returncode}), and the "
                              f"test did not end it:\n{self.log(name)[-2000:]}")
        try:
            return faults + self.canary.found()
        except (subprocess.SubprocessError, OSError, AssertionError) as error:
            return [*faults, f"the canary could not look everywhere: {error}"]

    # --- what they stand on ---

    @property
    def conninfo(self):
        """Without user, as the daemons want it."""
        return f"host={self.folder}/postgres dbname=execgov"

    @property
    def redis(self):
        return f"unix:{self.folder}/redis.sock"

    def start_postgres(self, make=False):
        home = self.folder / "postgres"
        if make:
            home.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(home, "postgres", "postgres")
            self.call([postgres_program("initdb"), "-D", home / "data", "-U", "postgres", "-A", "trust",
                       "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"], True)
        self.spawn("postgres", [
            postgres_program("postgres"), "-D", home / "data", "-k", home, "-c", "listen_addresses=",
            "-c", f"fsync={self.fsync}", "-c", "full_page_writes=off", "-c", "max_connections=200",
            *(word for setting in self.postgres_settings for word in ("-c", setting))], True)
        self.ready("postgres", lambda: subprocess.run(
            [postgres_program("pg_isready"), "-q", "-h", str(home)], check=False).returncode == 0)
        if make:
            self.sql("create database execgov template template0", "postgres")

    def start_redis(self):
        self.spawn("redis", ["/usr/bin/redis-server", "--port", 0, "--unixsocket", self.folder / "redis.sock",
                             "--unixsocketperm", 777, "--save", "", "--appendonly", "no", "--dir", self.folder])
        self.ready("redis", lambda: subprocess.run(
            ["redis-cli", "-s", str(self.folder / "redis.sock"), "ping"], capture_output=True,
            check=False).stdout == b"PONG\n")

    def sql(self, text, database="execgov"):
        """Rows of one statement as the superuser, each a list of texts."""
        out = self.call([postgres_program("psql"), "-XqAtF\x1f", "-v", "ON_ERROR_STOP=1", "-h",
                         self.folder / "postgres", "-U", "postgres", "-d", database, "-c", text])
        return [line.split("\x1f") for line in out.decode().splitlines()]

    def migrate(self):
        self.call([BUILD / "bin/execgov", "migrate", "up", "--pg", f"{self.conninfo} user=postgres"])

    def seed(self):
        """Make `people`; sets tokens {name: token}, tenants {name: {id, schema, …}}, passwords."""
        self.tokens, self.passwords, self.tenants = {}, {}, {}
        self.seed_more(self.people)

    def seed_more(self, people):
        file = self.folder / "people.json"
        file.write_text(json.dumps(people), encoding="utf-8")
        answer = json.loads(self.call([BUILD / "bin/execgov-api", "seed", "--file", file, "--pg", self.conninfo]))

        def users(of):
            return [*([of["platform"]] if of.get("platform") else []),
                    *(user for tenant in of["tenants"] for user in tenant["users"])]
        self.tokens |= {user["email"].split("@")[0]: user["token"] for user in users(answer)}
        self.passwords |= {user["email"].split("@")[0]: user["password"] for user in users(people)}
        self.tenants |= {tenant["name"]: tenant for tenant in answer["tenants"]}

    # --- ExecGov's own programs ---

    def start(self, name):
        """Start api, scheduler, worker, worker-2, … or sandboxd, and wait until it says that it is ready."""
        getattr(self, "_start_" + name.split("-")[0])(name)

    def _start_daemon(self, name, program, port_setting, **settings):
        port = self.ports.setdefault(name, free_port())
        settings |= {port_setting: f"127.0.0.1:{port}", "pg": self.conninfo,
                     **({} if program == "execgov-egress" else {"redis": self.redis}),
                     **self.settings.get(name.split("-")[0], {})}
        words = [BUILD / "bin" / program]
        for key, value in settings.items():
            words += ["--" + key.replace("_", "-"), value]
        self.spawn(name, words)
        self.ready(name, lambda: self._ready(port))

    @staticmethod
    def _ready(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def _start_api(self, name):
        self._start_daemon(name, "execgov-api", "listen", files=self.folder / "files",
                           egress=self.folder / "egress.sock")

    def _start_scheduler(self, name):
        self._start_daemon(name, "execgov-scheduler", "health")

    def _start_lifecycle(self, name):
        self._start_daemon(name, "execgov-lifecycle", "health", tick_s=1, deliver_s=1, egress=self.folder / "egress.sock",
                           outbox_file=self.folder / "outbox.jsonl")

    def _start_egress(self, name):
        keys = self.folder / "egress.keys"
        if not keys.exists():
            self.call([BUILD / "bin/execgov-egress", "new-key", keys])
        self._start_daemon(name, "execgov-egress", "health", key_file=keys, socket=self.folder / "egress.sock")

    def _start_worker(self, name):
        self._start_daemon(name, "execgov-worker", "health", files=self.folder / "files",
                           sandbox=self.folder / "sandbox.sock", egress=self.folder / "egress.sock", slots=SLOTS)

    def _start_sandboxd(self, name):
        socket_path = self.folder / "sandbox.sock"
        words = [BUILD / "bin/execgov-sandboxd", "--socket", socket_path, "--cache", self.folder / "cache",
                 "--slots", 2 * SLOTS, "--allow-uid", os.geteuid()]
        if os.geteuid() == 0:
            words += ["--uid-base", 200_000_000 + os.getpid() % 100_000 * 1000]  # nobody else's, even side by side
        self.spawn(name, words)
        self.ready(name, socket_path.exists)

    # --- asking ---

    def connect(self, timeout=90, name="api"):
        return http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=timeout)

    def api(self, method, path, body=None, token=None, headers=None):
        """One call. `body` is JSON, or bytes with a Content-Type in `headers`; `token` a person's name or a
        token. The answer is held against the contract."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        finally:
            connection.close()
        media = response.headers.get("Content-Type", "")
        shown = reply.json if reply.body and "json" in media else reply.body
        self.contract.check_response(method, path, reply.status, shown, media)
        return reply
