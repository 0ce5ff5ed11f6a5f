#!/usr/bin/python3
"""fake_programs - stands in for every program that quickstart starts, by the name it is called.

For testing quickstart itself: what it starts, in which order, as whom, with which configuration, and what
it says when one of them fails. A file NAME.dies beside the program makes NAME end with its text.
"""
import configparser
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

NAME = pathlib.Path(sys.argv[0]).name
HERE = pathlib.Path(sys.argv[0]).resolve().parent


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def settings():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string("[all]\n" + pathlib.Path(option("--config")).read_text(encoding="utf-8"))
    given = dict(parser["all"])
    flags = sys.argv[sys.argv.index("--config") + 2:]
    given.update({flag.removeprefix("--"): value for flag, value in zip(flags[::2], flags[1::2])})
    return given


class Answers(http.server.BaseHTTPRequestHandler):
    """/readyz of every daemon, and of the API what publishing a skill needs."""

    versions = {}

    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def version(self, skill):
        return {"skill": skill, "version": 1, "findings": [], "state": self.versions[skill],
                "current": self.versions[skill] == "published"}

    def do_GET(self):
        self.answer({"ready": self.path == "/readyz"}, 200 if self.path == "/readyz" else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/skills":
            skill = body.split(b'filename="', 1)[1].split(b".tar.gz", 1)[0].decode()
            self.versions.setdefault(skill, "in_review")
        else:
            skill, what = self.path.split("/")[3], self.path.split("/")[-1]
            self.versions[skill] = {"review": "approved", "publish": "published"}[what]
        print("api", self.path, self.headers["Authorization"], flush=True)
        self.answer(self.version(skill))

    def log_message(self, *_):
        pass


def stop_on_term(what):
    def stop(*_):
        print(NAME, "drained", flush=True)
        threading.Thread(target=what).start()
    signal.signal(signal.SIGTERM, stop)


def daemon():
    given = settings()
    print(NAME, "starts with", json.dumps(given, ensure_ascii=False), flush=True)
    print(NAME, "environment", " ".join(sorted(os.environ)), flush=True)
    host, port = given["listen" if NAME == "execgov-api" else "health"].split(":")
    if NAME == "execgov-egress":
        assert "redis" not in given and "execgov_egress" in passwords(given["pg"])
        assert pathlib.Path(given.get("key_file") or given["key-file"]).read_text(encoding="utf-8") == "a key\n"
    else:
        with socket.socket(socket.AF_UNIX) as redis:
            redis.connect(given["redis"].removeprefix("unix:"))
    server = http.server.ThreadingHTTPServer((host, int(port)), Answers)
    stop_on_term(server.shutdown)
    server.serve_forever()


def passwords(conninfo):
    return pathlib.Path(conninfo.partition("passfile='")[2].partition("'")[0]).read_text(encoding="utf-8")


def sandboxd():
    path = option("--socket")
    if "--doctor" in sys.argv:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
            peer.connect(path)
        refuses = (HERE / "sandbox.refuses").exists()
        print(json.dumps({"tested": True}) if "--json" in sys.argv else "FAIL memory  not counted here")
        sys.exit(5 if refuses else 0)
    print(NAME, "starts with", " ".join(sys.argv[1:]), flush=True)
    pathlib.Path(path).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        stop_on_term(lambda: os._exit(0))
        while True:
            listener.accept()[0].close()


def seed():
    people = json.loads(pathlib.Path(option("--file")).read_text(encoding="utf-8"))
    for person in [people["platform"]] + [user for tenant in people["tenants"] for user in tenant["users"]]:
        person["token"] = "token-" + person["email"]
    print(json.dumps(people))


def cli():
    words = sys.argv[1:]
    if words[:2] == ["migrate", "up"]:
        for name in ("--platform-password-file", "--stripe-password-file", "--egress-password-file"):
            assert len(pathlib.Path(option(name)).read_text(encoding="utf-8").strip()) == 64
        subprocess.run(["/usr/bin/psql", "--no-psqlrc", "-Atc", "select current_user", option("--pg")], check=True)
    elif words == ["confirmations", "ls", "--json"]:
        print(json.dumps({"items": [{"request_id": "request-1"}]}))
    else:
        print("cli", os.environ["EXECGOV_TOKEN"], " ".join(words))
        sys.exit(4 if words[:2] == ["confirmations", "confirm"] and "olivia" in os.environ["EXECGOV_TOKEN"]
                 else 4 if words[:2] == ["run", "partner-payout"] else 0)


def main():
    dies = HERE / f"{NAME}.dies"
    if dies.exists():
        print(dies.read_text(encoding="utf-8").strip(), flush=True)
        sys.exit(3)
    if NAME == "execgov":
        cli()
    elif NAME == "execgov-sandboxd":
        sandboxd()
    elif sys.argv[1] == "new-key":
        os.umask(0o077)
        pathlib.Path(sys.argv[2]).write_text("a key\n", encoding="utf-8")
    elif sys.argv[1] == "seed":
        seed()
    else:
        daemon()


if __name__ == "__main__":
    main()
