"""canary - secrets that are planted, and looked for in everything that is kept.

    canary = Canary(stack)             # one in the environment of every daemon, one in a file beside them
    canary.watch("partner", "s3cret")  # and whatever else must not be found
    canary.found()                     # ["partner as base64 in the database", …]

Looked through are a dump of the whole database (bytes as hex, so that they are read too), every Redis, the logs of
ExecGov's daemons, the file store (what was learnt of words lies in it) and the packages in sandboxd's cache, whatever
their sizes; for each secret as it is, in JSON, percent-encoded, hexadecimal and base64 at any offset. Every Stack has one and looks when it stops: what a test did not think of is found by the next one that passes
it by.
"""
import base64
import contextlib
import json
import os
import pathlib
import secrets
import stat
import subprocess
import tempfile
import urllib.parse

SMALL_BYTES = 16 << 20  # what is larger is not read whole
C = {**os.environ, "LC_ALL": "C"}
DAEMONS = ("api", "scheduler", "worker", "egress", "sandboxd", "lifecycle", "intent")
VARIABLE = "EXECGOV_CANARY"


def forms(text):
    """{form: bytes} of one secret."""
    raw = text.encode()
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    found = {"itself": raw, "JSON": escaped.encode(), "JSON in ASCII": json.dumps(text)[1:-1].encode(),
             "JSON in JSON": json.dumps(escaped, ensure_ascii=False)[1:-1].encode(), "hex": raw.hex().encode(),
             "percent": urllib.parse.quote(text, safe="").encode()}
    for skip in range(3):  # whatever stands before it moves the letters; those at the edges depend on neighbours
        coded = base64.b64encode(b"\0" * skip + raw + b"\0\0")
        inner = coded[4 if skip else 0:-4]
        found[f"base64 at {skip}"] = inner
        found[f"base64url at {skip}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def grep(texts, source):
    """Which of these bytes go by; `source`: a pipe, or pieces of bytes."""
    assert not any(b"\n" in text for text in texts), "a pattern is one line"
    with tempfile.NamedTemporaryFile() as patterns, tempfile.TemporaryFile() as matches:
        patterns.write(b"\n".join(texts))
        patterns.flush()
        piped = hasattr(source, "fileno")
        with subprocess.Popen(["grep", "-a", "-o", "-F", "-f", patterns.name], stdin=source if piped else subprocess.PIPE,
                              stdout=matches, env=C) as process:
            for piece in () if piped else source:
                process.stdin.write(piece)
            if not piped:
                process.stdin.close()
            assert process.wait(300) in (0, 1), "grep"
        matches.seek(0)
        return {line.rstrip(b"\n") for line in matches}


def files_of(folder):
    """(name, bytes, or the path of a large one) of every file below. What goes while it is looked for is not kept."""
    def fault(error):
        if not isinstance(error, FileNotFoundError):
            raise error
    for place, folders, names in os.walk(folder, onerror=fault):
        if "runtimes" in folders:
            folders.remove("runtimes")  # sandboxd's copies of Debian's own
        for path in (pathlib.Path(place, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISREG((status := path.lstat()).st_mode):
                    yield f"the file {path.name}", path.read_bytes() if status.st_size < SMALL_BYTES else path


def data_of(path):
    """The bytes of a file without its holes."""
    with open(path, "rb") as file:
        at, size = 0, os.fstat(file.fileno()).st_size
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return  # nothing but a hole
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            file.seek(at)
            while at < end and (piece := file.read(min(1 << 20, end - at))):
                at += len(piece)
                yield piece


class Canary:
    def __init__(self, stack):
        self.stack, self.watched = stack, {}
        # Of the file store (a bucket's, too, where a test has one), and what sandboxd keeps of tenants.
        self.folders = [stack.folder / "files", stack.folder / "cache"]
        mark = secrets.token_hex(12)
        self.environment = {VARIABLE: f"canary/env+{mark}\"é"}
        self.file = stack.folder / "host-secret.txt"
        self.file.write_text(f"canary/file+{mark}\"é", encoding="utf-8")
        self.watch("the environment's", self.environment[VARIABLE])
        self.watch("the file's", self.file.read_text(encoding="utf-8"))

    def watch(self, name, text):
        self.watched[name] = text

    def own_secrets(self):
        """What the stack itself made: tokens, passwords, the keys of egress."""
        for person, token in self.stack.tokens.items():
            if token.startswith(("egs_", "ega_")):
                yield f"the token {person}", token
        for person, password in self.stack.passwords.items():
            yield f"the password of {person}", password
        keys = self.stack.folder / "egress.keys"
        if keys.exists():
            for number, line in enumerate(keys.read_text().split()):
                if len(line) > 20:
                    yield f"key {number} of egress", line.rpartition(":")[2]

    def places(self):
        """(name, bytes or the path of a large file) of everything that is kept, but for the database."""
        stack = self.stack
        for log in sorted(stack.folder.glob("*.log")):
            if log.stem.split("-")[0] in DAEMONS:
                yield f"the log of {log.stem}", log.read_bytes()
        for folder in self.folders:
            yield from files_of(folder)
        for number, ask in enumerate(self.redises()):
            yield f"Redis{f' {number}' if number else ''}", self.redis(ask)

    def redises(self):
        """How redis-cli reaches each that leads: a replica has nothing of its own."""
        nodes = getattr(self.stack, "nodes", None)
        if nodes is None:
            return [["redis-cli", "-s", str(self.stack.folder / "redis.sock")]] if self.stack.alive("redis") else []
        asks = [["redis-cli", "-p", str(port)] for name, port in nodes.items() if self.stack.alive(name) and name != "sentinel"]
        leading = [ask for ask in asks if b"role:master" in self.pipe(ask, ["info replication"])]
        assert leading, "no Redis that leads is alive"
        return leading

    def redis(self, ask):
        """Names and contents of all keys. Read as text: a dumped value may be compressed."""
        names = subprocess.run([*ask, "--scan"], capture_output=True, check=True, timeout=60).stdout
        reads = {"string": "get {}", "hash": "hgetall {}", "list": "lrange {} 0 -1", "zset": "zrange {} 0 -1 withscores",
                 "set": "smembers {}", "stream": "xrange {} - +"}
        keys = [name.decode(errors="replace") for name in names.splitlines()][:5000]
        kinds = self.pipe(ask, [f'type "{key}"' for key in keys]).decode(errors="replace").split()
        return names + self.pipe(ask, [reads[kind].format(f'"{key}"') for key, kind in zip(keys, kinds) if kind in reads])

    @staticmethod
    def pipe(ask, commands):
        return subprocess.run(ask, input="\n".join(commands).encode(), capture_output=True, check=True, timeout=60).stdout

    def dump(self, texts):
        """Which of these the database holds. It goes by as a stream, whatever its size."""
        words = [self.stack.program("pg_dump"), "-h", self.stack.folder / "postgres", "-U", "postgres", "execgov"]
        with tempfile.TemporaryFile() as said, \
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as dumping, \
                subprocess.Popen(["sed", r"s/\\\\/\\/g"], stdin=dumping.stdout, stdout=subprocess.PIPE, env=C) as once:
            dumping.stdout.close()  # a dump writes every backslash twice
            found = grep(texts, once.stdout)
            once.stdout.close()
            assert dumping.wait(60) == 0 and once.wait(60) == 0, f"pg_dump: {said.seek(0) or said.read(2000)}"
        return found

    def found(self, more=()):
        """Where which secret lies, and in which form; `more`: further (name, bytes) to look through."""
        wanted = {}
        for name, secret in (*self.watched.items(), *self.own_secrets()):
            for form, text in forms(secret).items():
                wanted.setdefault(text, []).append(f"{name} as {form}")
        seen = [(self.dump(wanted), "the database")] if self.stack.alive("postgres") else []
        for place, content in (*self.places(), *more):
            if isinstance(content, bytes):
                seen.append(([text for text in wanted if text in content], place))
            else:
                seen.append((grep(wanted, data_of(content)), place))
        return sorted({f"{said} in {place}" for texts, place in seen for text in texts for said in wanted[text]})
