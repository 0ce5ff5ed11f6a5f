"""canary - secrets that are planted, and looked for in everything that is kept.

    canary = Canary(stack)             # one in the environment of every daemon, one in a file beside them
    canary.watch("partner", "s3cret")  # and whatever else must not be found
    canary.found()                     # ["partner as base64 in the database", …]

Looked through are a dump of the whole database (bytes as hex, so that they are read too), Redis, the logs of
ExecGov's daemons and the file store; for each secret as it is, in JSON, percent-encoded, hexadecimal and base64 at
any offset. Every Stack has one and looks when it stops: what a test did not think of is found by the next one that
passes it by.
"""
import base64
import json
import secrets
import subprocess
import sys
import urllib.parse

DUMP_BYTES_MAX = 300 << 20  # a database of a flood is not dumped
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


class Canary:
    def __init__(self, stack):
        self.stack, self.watched = stack, {}
        self.folders = [stack.folder / "files"]  # of the file store; a bucket's, too, where a test has one
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
        """(name, bytes) of everything that is kept."""
        stack = self.stack
        for log in sorted(stack.folder.glob("*.log")):
            if log.stem.split("-")[0] in DAEMONS:
                yield f"the log of {log.stem}", log.read_bytes()
        for path in (path for folder in self.folders for path in folder.rglob("*")):
            if path.is_file() and path.stat().st_size < 16 << 20:
                yield f"the file {path.name}", path.read_bytes()
        if stack.alive("redis") and (stack.folder / "redis.sock").exists():
            yield "Redis", self.redis()
        elif stack.alive("redis"):
            print("the canary did not look into Redis: this test has several", file=sys.stderr)
        if not stack.alive("postgres"):
            return
        size = int(stack.sql("select pg_database_size('execgov')")[0][0])
        if size >= DUMP_BYTES_MAX:
            print(f"the canary did not look into the database: it has {size >> 20} MB", file=sys.stderr)
        else:
            dump = stack.call([stack.program("pg_dump"), "-h", stack.folder / "postgres", "-U", "postgres", "execgov"])
            yield "the database", dump.replace(b"\\\\", b"\\")  # a dump writes every backslash twice

    def redis(self):
        """Names and contents of all keys. Read as text: a dumped value may be compressed."""
        ask = ["redis-cli", "-s", str(self.stack.folder / "redis.sock")]
        names = subprocess.run([*ask, "--scan"], capture_output=True, check=True, timeout=60).stdout
        reads = {"string": "get {}", "hash": "hgetall {}", "list": "lrange {} 0 -1", "zset": "zrange {} 0 -1 withscores",
                 "set": "smembers {}", "stream": "xrange {} - +"}
        keys = [name.decode(errors="replace") for name in names.splitlines()][:5000]
        kinds = self.pipe(ask, [f'type "{key}"' for key in keys]).decode(errors="replace").split()
        return names + self.pipe(ask, [reads[kind].format(f'"{key}"') for key, kind in zip(keys, kinds) if kind in reads])

    @staticmethod
    def pipe(ask, commands):
        return subprocess.run(ask, input="\n".join(commands).encode(), capture_output=True, check=True, timeout=60).stdout

    def found(self, more=()):
        """Where which secret lies, and in which form; `more`: further (name, bytes) to look through."""
        wanted = [(name, form, text) for name, secret in (*self.watched.items(), *self.own_secrets())
                  for form, text in forms(secret).items()]
        return sorted({f"{name} as {form} in {place}" for place, content in (*self.places(), *more)
                       for name, form, text in wanted if text in content})
