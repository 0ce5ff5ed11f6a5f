"""subject.py - ExecGov as it is measured: release programs, a private PostgreSQL and Redis, fsync on.

    with Subject() as subject:
        rate = subject.load("/v1/runs", subject.BODY, count=20000)["rate"]

Built on the tests' Stack; only what would flatter the figures is set otherwise: PostgreSQL writes and
flushes as it does out of the box, and Redis keeps its append-only file.
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/lib"), str(ROOT / "tests/lib")]

import release  # noqa: E402

BUILD = release.ready(os.environ.get("EXECGOV_BUILD"), *release.DAEMONS, "bench-load", "bench-stream")
import skills  # noqa: E402
import stack  # noqa: E402

NOOP = {path.name: path.read_bytes() for path in (ROOT / "bench/noop").iterdir()}
TENANT, PERSON = "Harbour Hardware", "olivia"
SECOND_TENANT, SECOND_PERSON = "Lakeside Books", "lin"
POSTGRES = ("shared_buffers=512MB", "max_wal_size=4GB", "max_connections=200", "listen_addresses=")


class Subject(stack.Stack):
    BODY = json.dumps({"skill": "noop"})
    second = None

    def __init__(self, settings=None, workers=True):
        settings = {"worker": {"noop": "on"}, **(settings or {})}
        super().__init__(("api", "scheduler", "worker"), settings=settings)
        skills.publish(self, [(TENANT, "noop", NOOP)])
        self.schema = self.tenants[TENANT]["schema"]
        self.run_token = self.api("POST", "/v1/tokens", {
            "name": "bench", "scopes": ["runs:write", "runs:read"]}, token=PERSON).json["token"]
        if not workers:
            self.end("worker")

    @contextlib.contextmanager
    def second_tenant(self):
        """Inside, load and all that counts speak of another tenant with the same skill."""
        if self.second is None:
            skills.publish(self, [(SECOND_TENANT, "noop", NOOP)])
            token = self.api("POST", "/v1/tokens", {"name": "bench", "scopes": ["runs:write", "runs:read"]},
                             token=SECOND_PERSON).json["token"]
            self.second = (self.tenants[SECOND_TENANT]["schema"], token)
        first = (self.schema, self.run_token)
        self.schema, self.run_token = self.second
        try:
            yield
        finally:
            self.schema, self.run_token = first

    def seed(self):
        """Without a limit on how many runs of a tenant go at once: what is measured is the queue."""
        super().seed()
        self.sql("update public.tenant set concurrency_limit = 0")

    def start_postgres(self, make=False):
        if not make:
            return super().start_postgres()
        home = self.folder / "postgres"
        home.mkdir()
        if os.geteuid() == 0:
            stack.shutil.chown(home, "postgres", "postgres")
        self.call([stack.postgres_program("initdb"), "-D", home / "data", "-U", "postgres", "-A", "trust",
                   "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"], True)
        words = [stack.postgres_program("postgres"), "-D", home / "data", "-k", home]
        for setting in POSTGRES:
            words += ["-c", setting]
        self.spawn("postgres", words, True)
        self.ready("postgres", lambda: subprocess.run(
            [stack.postgres_program("pg_isready"), "-q", "-h", str(home)], check=False).returncode == 0)
        self.sql("create database execgov template template0", "postgres")
        return None

    def start_redis(self):
        self.spawn("redis", ["/usr/bin/redis-server", "--port", 0, "--unixsocket", self.folder / "redis.sock",
                             "--unixsocketperm", 777, "--save", "", "--appendonly", "yes", "--dir", self.folder])
        self.ready("redis", lambda: subprocess.run(
            ["redis-cli", "-s", str(self.folder / "redis.sock"), "ping"], capture_output=True,
            check=False).stdout == b"PONG\n")

    def load(self, path, body, count, connections=64, gap_us=0):
        """bench-load's figures: {seconds, rate, p50_us, p99_us, faults}."""
        words = [BUILD / "bin/bench-load", self.ports["api"], connections, count, path,
                 self.run_token, body] + ([gap_us] if gap_us else [])
        done = subprocess.run([str(word) for word in words], capture_output=True, timeout=600, check=False)
        if done.returncode or b'"faults": 0}' not in done.stdout:
            raise SystemExit(f"bench-load: {(done.stdout + done.stderr).decode(errors='replace')}\n{self.log('api')[-3000:]}")
        return json.loads(done.stdout)

    def ask(self, text):
        """The first column of the only row, from a session that stays: a new psql for each look would cost the
        machine more than some of what is measured."""
        if "asker" not in self.running:
            self.running["asker"] = subprocess.Popen(
                [stack.postgres_program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder / "postgres", "-U",
                 "postgres", "-d", "execgov"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        asker = self.running["asker"]
        asker.stdin.write(text.encode() + b";\n")
        asker.stdin.flush()
        line = asker.stdout.readline()
        if not line:
            raise SystemExit(f"psql ended at: {text}")
        return line.decode().strip()

    def live(self):
        return int(self.ask(f"select count(*) from {self.schema}.job_live"))

    def ended(self):
        return int(self.ask(f"select count(*) from {self.schema}.job_outcome"))

    def until_ended(self, count, seconds=600):
        """Wait until `count` jobs have their outcome. Nobody counts them while some are left."""
        deadline = time.monotonic() + seconds
        while self.ask(f"select exists (select from {self.schema}.job_live)") == "t" or self.ended() < count:
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.ended()} of {count} jobs ended within {seconds} s\n{self.log('worker')[-3000:]}")
            time.sleep(0.05)

    def memory_kb(self, name):
        status = pathlib.Path(f"/proc/{self.running[name].pid}/status").read_text(encoding="utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
