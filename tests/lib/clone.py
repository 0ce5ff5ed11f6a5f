"""A clone on which deploy/quickstart runs: with stand-ins for ExecGov's own programs, or with the real ones."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import canary
from stack import postgres_program

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("EXECGOV_BUILD", SOURCE / "build/dev"))
PROGRAMS = ["execgov", "execgov-api", "execgov-scheduler", "execgov-worker", "execgov-lifecycle",
            "execgov-sandboxd", "execgov-zygote", "execgov-egress"]
DAEMONS = {"postgres", "redis", "sandboxd", "egress", "partner", "api", "scheduler", "worker-1", "lifecycle"}
ROOT = os.geteuid() == 0
NOBODY = 65534
PRESETS = {"version": 3, "configurePresets": [{
    "name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}],
    "buildPresets": [{"name": "release", "configurePreset": "release"}]}
CMAKE = """cmake_minimum_required(VERSION 3.20)
project(programs NONE)
foreach(name %s)
  configure_file("%s" ${CMAKE_BINARY_DIR}/bin/${name} COPYONLY)
endforeach()
"""


class Clone:
    """A clone whose build copies stand-ins, or the `real` programs; `home` has a space and Chinese in its name."""

    def __init__(self, uid=None, open_to_others=True, real=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quickstart-"))
        self.folder.chmod(0o755 if open_to_others else 0o700)
        self.source, self.home = self.folder / "clone", self.folder / "家 home"
        self.source.mkdir()
        for name in ("deploy", "examples"):
            shutil.copytree(SOURCE / name, self.source / name)
        if real:
            names, made = [path.name for path in (BUILD / "bin").iterdir()], BUILD / "bin/${name}"
        else:
            names, made = PROGRAMS, "${CMAKE_SOURCE_DIR}/program"
            shutil.copy(SOURCE / "tests/lib/fake_programs.py", self.source / "program")
            # The stand-in of `execgov migrate` makes no tables for a customer.
            (self.source / "deploy/lib/demo_customer.sql").write_text("select 'a customer'", encoding="utf-8")
        (self.source / "CMakePresets.json").write_text(json.dumps(PRESETS), encoding="utf-8")
        (self.source / "CMakeLists.txt").write_text(CMAKE % (" ".join(names), made), encoding="utf-8")
        self.become = []
        if uid is not None:
            self.become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
            subprocess.run(["chown", "-R", f"{uid}:{uid}", str(self.folder)], check=True)

    def quickstart(self, *options, status=0, env=None):
        done = subprocess.run(
            [*self.become, str(self.source / "deploy/quickstart"), "--home", str(self.home), *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **(env or {})})
        output = done.stdout + done.stderr
        if done.returncode != status:
            raise AssertionError(f"quickstart ended with {done.returncode}, not {status}:\n{output}\n{self.last_words()}")
        return output

    def last_words(self):
        """Of each daemon: the last lines of its log."""
        logs = sorted((self.data / "log").glob("*.log")) if (self.data / "log").is_dir() else []
        return "\n".join(f"{log.name}: ...{log.read_text(encoding='utf-8', errors='replace')[-1500:]}" for log in logs)

    @property
    def data(self):
        link = self.home / "data"
        return link.resolve() if link.is_symlink() else self.home

    def pids(self):
        return {path.name: int(path.read_text().split()[0]) for path in (self.data / "pid").iterdir()}

    def log(self, name):
        return (self.data / "log" / f"{name}.log").read_text(encoding="utf-8")

    def env(self):
        lines = (self.home / "env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def secrets(self):
        """{where it stands in secrets/: its text}; of what the seed said, passwords and tokens."""
        found = {}

        def take(name, value):
            for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
                if key in ("password", "token"):
                    found[f"{name} {len(found)}"] = below
                else:
                    take(name, below)
        for path in sorted((self.data / "secrets").iterdir()):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".json":
                take(path.name, json.loads(text))
            else:  # alone, or behind what it belongs to
                found |= {f"{path.name} {number}": line.rpartition(":")[2] for number, line in enumerate(text.splitlines())
                          if len(line) >= 32}
        return found

    def found(self, words):
        """Where these stand, {name: text}, in whatever form, in what this installation keeps beside its secrets."""
        wanted = {text: name for name, word in words.items() for text in canary.forms(word).values()}
        place = self.env()["EXECGOV_PG"]
        with subprocess.Popen([postgres_program("pg_dump"), place], stdout=subprocess.PIPE) as dump:
            seen = {f"{wanted[text]} in the database" for text in canary.grep(wanted, dump.stdout)}
        assert dump.returncode == 0, "pg_dump"
        for folder in ("log", "files", "cache", "redis", "partner"):
            for name, content in canary.files_of(self.data / folder):
                texts = ([text for text in wanted if text in content] if isinstance(content, bytes)
                         else canary.grep(wanted, canary.data_of(content)))
                seen |= {f"{wanted[text]} in {folder}: {name}" for text in texts}
        return sorted(seen)

    def remove(self):
        """Stop and delete all, also where the test has shown that --stop does not do it."""
        pids = self.pids().values() if (self.data / "pid").is_dir() else []
        try:
            self.quickstart("--stop")
        finally:
            for pid in pids:
                if alive(pid) and str(self.folder).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
            self.delete()

    def delete(self):
        if self.data != self.home:
            shutil.rmtree(pathlib.Path("/usr/local/lib/execgov", self.data.name), ignore_errors=True)
            shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.folder)


def alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def owner(pid):
    return os.stat(f"/proc/{pid}").st_uid
