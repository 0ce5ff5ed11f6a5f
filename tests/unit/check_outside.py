"""Only execgov-egress opens connections to strangers: looked for in the source, and again in the programs.

To our own servers (PostgreSQL, Redis, unix sockets of this machine), the operator's S3 store (core/io/s3) and, from the CLI, to
ExecGov's API whoever is listed may connect: that list is short and is here.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("EXECGOV_BUILD", SOURCE / "build/dev"))
PARTS = ("api", "cli", "core", "lifecycle", "scheduler", "worker")
OPENS = {
    # who may use libcurl to transfer (its URL parser is anybody's)
    r"\bcurl_(?:easy|multi)_init\b": ("core/io/http_client.c", "cli/net/remote.c", "core/io/s3/s3_request.c"),
    # who may speak to the operator's store of files
    r'"core/io/s3/s3\.h"': ("core/io/s3/", "core/store/file/"),
    # who may use the client for strangers
    r'"core/io/http_client\.h"': ("core/io/http_client.c", "worker/egress/"),
    # who may open a socket by hand: unix sockets, and a look whether our own port is taken
    r"\bconnect\(": ("core/io/egress/egress_client.c", "core/io/http/http_server.c", "worker/sandbox/daemon/server.c", "worker/sandbox/doctor.c",
                       "worker/sandbox/sandbox_client.c", "worker/egress/daemon/listener.c"),
    # PostgreSQL and Redis
    r"\b(?:PQconnect(?:Start|db)\w*|redis(?:Async)?Connect\w*|uv_getaddrinfo|uv_tcp_connect|getaddrinfo) ?\(":
        ("core/io/redis/redis_link.c", "core/io/db/dbsync.c", "core/io/db/db_conn.c"),
}
# Programs, and what of libcurl they may import.
IMPORTS = {"execgov": r"curl_", "execgov-egress": r"curl_", "execgov-api": r"curl_(?:url|free|easy|slist|global)",
           "execgov-worker": r"curl_(?:easy|slist|global)", "execgov-scheduler": r"^$", "execgov-lifecycle": r"^$", "execgov-sandboxd": r"^$",
           "execgov-zygote": r"^$"}


def openers(root):
    """['worker/x.c: connect(' …] of what opens connections and may not."""
    found = []
    for part in PARTS:
        for path in sorted((root / part).rglob("*.[ch]")):
            name = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {match[0]}" for pattern, allowed in OPENS.items()
                      if not name.startswith(allowed) and (match := re.search(pattern, text))]
    return found


def symbols(program, *words):
    return subprocess.run(["nm", *words, BUILD / "bin" / program], capture_output=True, text=True, check=True).stdout


class Source(unittest.TestCase):
    def test_nobody_else_opens_a_connection(self):
        self.assertEqual(openers(SOURCE), [])

    def test_one_that_does_is_seen(self):
        for name, line in (("worker/run/x.c", "curl_easy_init();"), ("api/x.c", '#include "core/io/http_client.h"'),
                           ("lifecycle/x.c", "connect(fd, a, n);"), ("worker/intent/x.c", "uv_tcp_connect(&r);"),
                           ("scheduler/x.c", "getaddrinfo(h);")):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder)
                (root / name).parent.mkdir(parents=True)
                (root / name).write_text(line, encoding="utf-8")
                self.assertEqual(len(openers(root)), 1)

    def test_every_exception_is_still_needed(self):
        for pattern, allowed in OPENS.items():
            for name in allowed:
                paths = [SOURCE / name] if name.endswith(".c") else SOURCE.glob(f"{name}**/*.[ch]" if name.endswith("/") else f"{name}*")
                self.assertTrue(any(re.search(pattern, path.read_text(encoding="utf-8")) for path in paths),
                                f"{name} does not use {pattern}")


class Programs(unittest.TestCase):
    def test_what_they_import_of_libcurl(self):
        for program, allowed in IMPORTS.items():
            if not (BUILD / "bin" / program).exists():
                continue
            with self.subTest(program):
                used = re.findall(r" U (curl_\w+)", symbols(program, "-D"))
                self.assertEqual([name for name in used if not re.match(allowed, name)], [])

    def test_the_client_for_strangers_is_in_egress_alone(self):
        having = [program for program in IMPORTS if (BUILD / "bin" / program).exists()
                  and re.search(r" [Tt] http_client_send$", symbols(program), re.M)]
        self.assertEqual(having, ["execgov-egress"])


if __name__ == "__main__":
    unittest.main()
