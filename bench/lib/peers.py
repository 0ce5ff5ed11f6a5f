"""peers.py - the programs ExecGov's queue is measured against, each on a server of its own.

BullMQ, pg-boss and graphile-worker come from npm into build/peers (bench/peers/package.json names the
versions; two of them need a newer node than Debian 12 has, which is a package there, too), Celery and Sidekiq from
Debian (bench/packages; as root they are installed where they are missing, else the command is shown). Servers are
set as for the subject: fsync and synchronous_commit on, Redis with its append-only file.
"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import threading

import cpu
from subject import POSTGRES, ROOT
import stack

FOLDER = ROOT / "build/peers"
SOURCES = ROOT / "bench/peers"
NAMES = ("bullmq", "pgboss", "graphile")
FROM_DEBIAN = {"celery": ["/usr/bin/python3", SOURCES / "celery_peer.py"], "sidekiq": ["ruby", SOURCES / "sidekiq_peer.rb"]}


def install_from_debian():
    listed = [line for line in (ROOT / "bench/packages").read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
    missing = [name for name in listed if subprocess.run(["dpkg", "-s", name], capture_output=True, check=False).returncode]
    if not missing:
        return
    words = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise SystemExit("as root: " + " ".join(words))
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def install():
    """npm's packages, if they are not there or the list has changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for source in [*SOURCES.glob("*.mjs"), SOURCES / "package.json"]:
        target = FOLDER / source.name
        fresh = target.exists() and target.read_bytes() == source.read_bytes()
        if source.name == "package.json" and fresh and (FOLDER / "node_modules").exists():
            continue
        shutil.copy(source, target)
        if source.name == "package.json":
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER,
                           check=True)


class Servers:
    """A private PostgreSQL and Redis, empty."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="execgov-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        home = self.folder / "postgres"
        home.mkdir()
        self.become = []
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
            self.become = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        subprocess.run([*self.become, stack.postgres_program("initdb"), "-D", home / "data", "-U", "postgres",
                        "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)
        words = [*self.become, stack.postgres_program("postgres"), "-D", home / "data", "-k", home]
        for setting in POSTGRES:
            words += ["-c", setting]
        log = open(self.folder / "log", "wb")
        self.postgres = subprocess.Popen(words, stdout=log, stderr=log, cwd="/")
        self.redis = subprocess.Popen(
            ["/usr/bin/redis-server", "--port", "0", "--unixsocket", self.folder / "redis.sock", "--save", "",
             "--appendonly", "yes", "--dir", self.folder], stdout=log, stderr=log)
        stack.until(lambda: subprocess.run([stack.postgres_program("pg_isready"), "-q", "-h", home],
                                           check=False).returncode == 0)
        stack.until(lambda: (self.folder / "redis.sock").exists())

    def stop(self):
        self.redis.terminate()
        self.postgres.send_signal(2)
        self.redis.wait(30)
        self.postgres.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, text, database="postgres"):
        subprocess.run([stack.postgres_program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-h",
                        self.folder / "postgres", "-U", "postgres", "-d", database, "-c", text], check=True)

    def fresh(self, name):
        """An empty place for one measurement of one peer: its address."""
        if name == "bullmq" or name in FROM_DEBIAN:
            subprocess.run(["redis-cli", "-s", self.folder / "redis.sock", "flushall"], check=True,
                           stdout=subprocess.DEVNULL)
            return str(self.folder / "redis.sock")
        self.psql(f"drop database if exists {name}")
        self.psql(f"create database {name}")
        return f"postgres://postgres@/{name}?host={self.folder}/postgres"

    def measure(self, name, mode, count):
        """What the program prints, with cpu_10k (processor seconds for 10,000 jobs, its servers included) and rss_mb."""
        words = FROM_DEBIAN.get(name) or [FOLDER / "node_modules/.bin/node", FOLDER / f"{name}.mjs"]
        address = self.fresh(name)
        before, own = self.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.TemporaryFile() as errors, subprocess.Popen(
                [*words, mode, str(count), address], cwd=FOLDER, stdout=subprocess.PIPE, stderr=errors) as program:
            timer = threading.Timer(600, program.kill)
            timer.start()
            said = program.stdout.read()
            _, status, usage = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
            timer.cancel()
            errors.seek(0)
            if program.returncode:
                raise SystemExit(f"{name} {mode}: {errors.read().decode(errors='replace')[-2000:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = self.cpu() - before + after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
        return {**json.loads(said.splitlines()[-1]), "cpu_10k": 10000 * used / count, "rss_mb": usage.ru_maxrss / 1024}

    def cpu(self):
        return sum(cpu.seconds({self.postgres.pid: "postgres", self.redis.pid: "redis"}).values())
