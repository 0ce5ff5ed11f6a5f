"""What the CLI does when the server does not do what it should. A scripted server, because the real one
will not answer broken JSON or stay silent on demand; everything else is in cli_test.py."""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import pty
import subprocess
import tempfile
import threading
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
PROGRAM = pathlib.Path(os.environ.get("EXECGOV_BUILD", SOURCE / "build/dev")) / "bin/execgov"
ID = "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01"


def problem(status, code, **more):
    body = {"type": "/docs/errors#" + code, "title": code, "status": status, "code": code,
            "detail": f"detail of {code}", "instance": "/", "request_id": "req-17", "errors": []}
    return status, "application/problem+json", json.dumps(body | more)


def run_json(state, **more):
    body = {"id": ID, "request_id": ID, "skill": "echo", "action": "run", "version": 1, "state": state,
            "attempt": 1, "input": {}, "result": None, "error": None, "exit_code": None, "artifacts": [],
            "progress": None, "isolation": None, "timings": {"accepted": "2026-11-21T03:08:15.000001Z"},
            "created_by": {"id": ID, "name": "Olivia"}, "worker": None}
    return 200, "application/json", json.dumps(body | more)


class Scripted(http.server.ThreadingHTTPServer):
    """Answers each call with the next of its script, the last one for ever; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, *script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = list(script)
        self.calls = []
        self.closing = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.calls.append((self.command, self.path, self.headers, body))
        script = self.server.script
        step = script.pop(0) if len(script) > 1 else script[0]
        if step == "hang":
            self.server.closing.wait()
        elif step != "close":
            status, kind, text = step
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if kind != "text/event-stream":
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer


@contextlib.contextmanager
def scripted(*script):
    server = Scripted(*script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") \
            else self._folder()

    def _folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def execgov(self, server, *words, stdin="", **environment):
        port = server.server_address[1] if isinstance(server, Scripted) else server
        env = {"EXECGOV_CONFIG_DIR": self.folder, "EXECGOV_URL": f"http://127.0.0.1:{port}",
               "EXECGOV_TOKEN": "a-token", "LANG": "en_US.UTF-8", "PATH": os.environ["PATH"], "HOME": self.folder,
               "ASAN_OPTIONS": "detect_leaks=1"} | environment
        # A session of its own: no terminal to ask on, as in a cron job.
        return subprocess.run([PROGRAM, *words], env={k: v for k, v in env.items() if v is not None},
                              input=stdin, capture_output=True, text=True, timeout=60, check=False,
                              start_new_session=True)

    def ends(self, done, code):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done


class ExitCodes(Case):
    def test_each_refusal_has_its_promised_exit_code(self):
        for answer, code in ((problem(401, "unauthenticated"), 3), (problem(403, "forbidden"), 3),
                             (problem(403, "self_confirmation"), 4), (problem(404, "not_found"), 2),
                             (problem(409, "plan_stale"), 4), (problem(422, "invalid_input"), 2),
                             (problem(429, "rate_limited"), 5), (problem(503, "store_unavailable"), 5),
                             (problem(504, "deadline"), 6)):
            with scripted(answer) as server:
                done = self.ends(self.execgov(server, "runs", "show", ID), code)
                self.assertIn(json.loads(answer[2])["code"], done.stderr)
                self.assertEqual(done.stdout, "")

    def test_how_a_run_ended(self):
        failed = {"error": {"code": "memory_limit", "message": "used 300 MB"}}
        for answer, code in ((run_json("succeeded", result={"n": 1}), 0), (run_json("failed", **failed), 1),
                             (run_json("rejected"), 4), (run_json("awaiting_confirmation"), 4)):
            with scripted(answer) as server:
                self.ends(self.execgov(server, "run", "echo", "--wait"), code)

    def test_nobody_listens(self):
        with scripted(problem(404, "not_found")) as server:
            port = server.server_address[1]
        done = self.ends(self.execgov(port, "list"), 5)
        self.assertIn("server_unreachable", done.stderr)
        self.assertIn("execgov doctor", done.stderr)

    def test_silence_is_a_time_out(self):
        with scripted("hang") as server:
            self.ends(self.execgov(server, "list", "--timeout", "1"), 6)

    def test_a_connection_that_is_cut(self):
        with scripted("close") as server:
            self.ends(self.execgov(server, "list"), 5)

    def test_broken_json_and_foreign_pages(self):
        for answer in ((200, "application/json", '{"items": ['), (200, "text/html", "<html>hello</html>"),
                       (502, "text/html", "<html>bad gateway</html>")):
            with scripted(answer) as server:
                self.ends(self.execgov(server, "list"), 5)

    def test_a_redirect_is_not_followed_with_the_token(self):
        with scripted(problem(404, "not_found")) as thief:
            with scripted((302, "text/plain", "")) as server:
                server.script[0] = (302, f"text/plain\r\nLocation: http://127.0.0.1:{thief.server_address[1]}/", "")
                self.assertNotEqual(self.execgov(server, "list").returncode, 0)
            self.assertEqual(thief.calls, [])

    def test_usage_is_told_before_any_call(self):
        with scripted(problem(500, "internal")) as server:
            for words in (["lst"], ["run"], ["runs", "show"], ["run", "x", "--no-such"], ["runs", "ls", "-n", "0"]):
                self.ends(self.execgov(server, *words), 2)
            self.assertEqual(server.calls, [])

    def test_without_a_token_nothing_is_asked(self):
        with scripted(problem(500, "internal")) as server:
            done = self.ends(self.execgov(server, "list", EXECGOV_TOKEN=None), 3)
            self.assertIn("execgov login", done.stderr)
            self.assertEqual(server.calls, [])


class Problems(Case):
    def test_code_what_where_and_remedy_are_told(self):
        faults = [{"path": "/input/month", "code": "pattern", "message": "should look like 2026-03"}]
        with scripted(problem(422, "invalid_input", errors=faults)) as server:
            done = self.ends(self.execgov(server, "run", "echo"), 2)
        for word in ("invalid_input", "detail of invalid_input", "/input/month", "should look like 2026-03"):
            self.assertIn(word, done.stderr)

    def test_json_gives_the_problem_as_it_came(self):
        with scripted(problem(409, "plan_stale")) as server:
            done = self.ends(self.execgov(server, "--json", "runs", "show", ID), 4)
        self.assertEqual(json.loads(done.stderr)["request_id"], "req-17")
        self.assertEqual(done.stdout, "")

    def test_json_is_given_for_faults_of_our_own_too(self):
        done = self.ends(self.execgov(1, "--json", "list"), 5)
        self.assertEqual(json.loads(done.stderr)["code"], "server_unreachable")

    def test_the_language_of_the_person_is_asked_for_and_spoken(self):
        with scripted(problem(401, "unauthenticated")) as server:
            done = self.ends(self.execgov(server, "list", LANG="zh_CN.UTF-8"), 3)
            self.assertEqual(server.calls[0][2]["Accept-Language"], "zh-CN")
            self.assertIn("请先登录", done.stderr)

    def test_no_colour_and_no_control_characters_in_pipes(self):
        with scripted(problem(404, "not_found", detail="\x1b[2Jgone")) as server:
            done = self.execgov(server, "runs", "show", ID)
        self.assertNotIn("\x1b", done.stdout + done.stderr)


class Calls(Case):
    def test_token_key_and_agent_are_sent(self):
        with scripted(run_json("succeeded")) as server:
            self.ends(self.execgov(server, "run", "echo", "--idempotency-key", "k-1"), 0)
            method, path, headers, body = server.calls[0]
        self.assertEqual((method, path), ("POST", "/v1/runs"))
        self.assertEqual(headers["Authorization"], "Bearer a-token")
        self.assertEqual(headers["Idempotency-Key"], "k-1")
        self.assertTrue(headers["User-Agent"].startswith("execgov-cli/"))
        self.assertEqual(json.loads(body), {"skill": "echo", "input": {}})

    def test_a_password_comes_from_stdin_and_the_token_stays_out_of_sight(self):
        session = {"token": "t" * 40, "expires_at": "2099-11-28T03:08:15.000001Z", "tenants": [],
                   "user": {"email": "a@b", "name": "A"}, "tenant": {"name": "T"}}
        with scripted((200, "application/json", json.dumps(session))) as server:
            done = self.ends(self.execgov(server, "login", "--email", "a@b", "--password-stdin", "--json",
                                          stdin="a strange horse\n", EXECGOV_TOKEN=None), 0)
            self.assertEqual(json.loads(server.calls[0][3]), {"email": "a@b", "password": "a strange horse"})
            self.assertNotIn("Authorization", server.calls[0][2])
            self.assertNotIn("t" * 40, done.stdout + done.stderr)
            profiles = pathlib.Path(self.folder, "profiles.json")
            self.assertEqual(profiles.stat().st_mode & 0o777, 0o600)
            server.script = [(200, "application/json", '{"items": [], "next_cursor": null}')]
            self.ends(self.execgov(server, "list", EXECGOV_TOKEN=None), 0)
            self.assertEqual(server.calls[-1][2]["Authorization"], "Bearer " + "t" * 40)

    def test_without_a_terminal_a_password_is_not_asked_for(self):
        with scripted(problem(500, "internal")) as server:
            done = self.ends(self.execgov(server, "login", "--email", "a@b"), 2)
            self.assertIn("--password-stdin", done.stderr)
            self.assertEqual(server.calls, [])

    def test_a_waiting_run_is_asked_for_again_until_it_has_ended(self):
        with scripted(run_json("queued"), run_json("running"), run_json("succeeded", result="done")) as server:
            done = self.ends(self.execgov(server, "run", "echo", "--wait"), 0)
            self.assertIn("done", done.stdout)
            self.assertEqual([call[0] for call in server.calls], ["POST", "GET", "GET"])
            self.assertEqual(server.calls[1][2]["Prefer"], "wait=10", "after ten seconds it is asked what it waits for")

    def test_waiting_ends_when_it_was_told_to(self):
        with scripted(run_json("running")) as server:
            done = self.ends(self.execgov(server, "run", "echo", "--wait", "--timeout", "1"), 6)
            self.assertIn("goes on", done.stderr)

    def test_questions_without_a_terminal_say_how_to_answer(self):
        request = {"id": ID, "state": "needs_answer", "text": "x", "plan": None, "confirmation": None, "run": None,
                   "intent": {"decision": "ask", "candidates": [], "questions": [
                       {"kind": "input", "name": "month", "text": "Which month?", "choices": []}]}}
        with scripted((200, "application/json", json.dumps(request))) as server:
            done = self.ends(self.execgov(server, "ask", "sales", "report"), 2)
        self.assertIn("Which month?", done.stdout)
        self.assertIn(f"execgov answer {ID}", done.stderr)

    def test_an_answer_longer_than_the_limit_is_cut(self):
        with scripted((200, "application/json", "[" + "1," * (33 << 20) + "1]")) as server:
            self.ends(self.execgov(server, "list"), 5)


class Following(Case):
    def stream(self, *events):
        text = "".join(f"id: {i}\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for i, kind, data in events)
        return 200, "text/event-stream", text

    def test_a_broken_stream_is_taken_up_where_it_broke(self):
        first = self.stream((1, "state", {"state": "running"}),
                            (2, "log", {"stream": "stdout", "seq": 1, "text": "on"}))
        second = self.stream((3, "log", {"stream": "stdout", "seq": 2, "text": "e\n"}),
                             (4, "log", {"stream": "stderr", "seq": 3, "text": "two"}),
                             (5, "end", {"state": "succeeded"}))
        with scripted(run_json("queued"), first, run_json("running"), second,
                      run_json("succeeded", result={"rows": 3})) as server:
            done = self.ends(self.execgov(server, "run", "echo", "--follow"), 0)
            streams = [call for call in server.calls if call[1].endswith("/events")]
        self.assertEqual([call[2]["Last-Event-ID"] for call in streams], [None, "2"])
        self.assertTrue(done.stdout.startswith("one\n"), done.stdout)
        self.assertIn("two\n", done.stderr)
        self.assertIn('"rows": 3', done.stdout)

    def test_a_stream_that_never_brings_anything_is_given_up(self):
        empty = (200, "text/event-stream", ": nothing\n\nretry: 1\n\n")
        with scripted(run_json("queued"), *[empty, run_json("running")] * 6) as server:
            self.ends(self.execgov(server, "run", "echo", "--follow"), 5)

    def test_what_a_script_prints_is_passed_on_as_it_is_in_a_pipe(self):
        line = self.stream((1, "log", {"stream": "stdout", "seq": 1, "text": "报表 \x1b[31mred"}),
                           (2, "end", {"state": "succeeded"}))
        with scripted(run_json("queued"), line, run_json("succeeded")) as server:
            done = self.ends(self.execgov(server, "run", "echo", "--follow"), 0)
        self.assertIn("报表 \x1b[31mred\n", done.stdout)


class Files(Case):
    def artifact(self, name, data, digest=None):
        sha256 = digest or hashlib.sha256(data).hexdigest()
        return run_json("succeeded", artifacts=[{"id": ID, "name": name, "size": len(data), "sha256": sha256,
                                                 "media_type": "text/csv"}])

    def fetch(self, *script):
        into = pathlib.Path(self.folder, "out")
        with scripted(*script) as server:
            done = self.execgov(server, "runs", "artifacts", "get", ID, "--out", str(into))
        return done, into

    def test_a_file_arrives_under_its_name(self):
        name = "销售报表 (终).csv"
        done, into = self.fetch(self.artifact(name, b"a,b\n"), (200, "text/csv", "a,b\n"))
        self.ends(done, 0)
        self.assertEqual((into / name).read_bytes(), b"a,b\n")
        self.assertEqual([path.name for path in into.iterdir()], [name])

    def test_a_name_that_leads_elsewhere_is_not_written(self):
        for name in ("../x.csv", "a/b.csv", ".profile", "-rf"):
            done, into = self.fetch(self.artifact(name, b"a"), (200, "text/csv", "a"))
            self.assertNotEqual(done.returncode, 0)
            self.assertFalse(into.exists() and any(into.iterdir()))

    def test_bytes_that_are_not_what_the_run_made_are_not_kept(self):
        done, into = self.fetch(self.artifact("a.csv", b"a,b\n"), (200, "text/csv", "a,c\n"))
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(list(into.iterdir()), [])

    def test_a_file_that_is_there_is_left_alone(self):
        into = pathlib.Path(self.folder, "out")
        into.mkdir()
        (into / "a.csv").write_text("mine")
        done, _ = self.fetch(self.artifact("a.csv", b"a"), (200, "text/csv", "a"))
        self.ends(done, 4)
        self.assertEqual((into / "a.csv").read_text(), "mine")

    def test_an_upload_sends_the_bytes_and_the_name(self):
        path = pathlib.Path(self.folder, "客户.csv")
        path.write_bytes(b"x" * 100000)
        with scripted((201, "application/json", json.dumps({"id": ID}))) as server:
            done = self.ends(self.execgov(server, "files", "put", str(path)), 0)
            self.assertEqual(done.stdout.strip(), ID)
            self.assertEqual(server.calls[0][1], "/v1/files?name=%E5%AE%A2%E6%88%B7.csv")
            self.assertEqual(len(server.calls[0][3]), 100000)

    def test_a_file_that_is_not_there_is_named(self):
        with scripted(problem(500, "internal")) as server:
            done = self.ends(self.execgov(server, "files", "put", "/nowhere/x.csv"), 2)
            self.assertIn("/nowhere/x.csv", done.stderr)
            self.assertEqual(server.calls, [])


class Terminal(Case):
    """The same program on a terminal: a pseudo-terminal that is typed on."""

    def on_terminal(self, server, *words, typed=(), **environment):
        """What the screen showed and the exit code; `typed` is (what is waited for, what is then typed)."""
        pid, screen = pty.fork()
        if pid == 0:
            env = {"EXECGOV_CONFIG_DIR": self.folder, "HOME": self.folder, "LANG": "en_US.UTF-8", "TERM": "xterm",
                   "EXECGOV_URL": f"http://127.0.0.1:{server.server_address[1]}", **environment}
            os.execve(PROGRAM, [str(PROGRAM), *words], env)
        shown = b""
        waiting = list(typed)
        with contextlib.suppress(OSError):  # EIO: the program has ended
            while piece := os.read(screen, 4096):
                shown += piece
                if waiting and waiting[0][0].encode() in shown:
                    os.write(screen, waiting.pop(0)[1].encode() + b"\n")
        os.close(screen)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_a_password_is_asked_for_and_not_echoed(self):
        session = {"token": "t" * 40, "expires_at": "2099-11-28T03:08:15.000001Z", "tenants": [],
                   "user": {"email": "a@b", "name": "A"}, "tenant": {"name": "T"}}
        with scripted((200, "application/json", json.dumps(session))) as server:
            shown, code = self.on_terminal(server, "login", typed=[("E-mail:", "a@b"), ("Password:", "a strange horse")])
            self.assertEqual(code, 0, shown)
            self.assertEqual(json.loads(server.calls[0][3]), {"email": "a@b", "password": "a strange horse"})
        self.assertIn("a@b", shown)
        self.assertNotIn("strange", shown)

    def test_questions_are_asked_and_the_answers_sent(self):
        def request(state, questions=()):
            return 200, "application/json", json.dumps({
                "id": ID, "state": state, "text": "x", "plan": None, "confirmation": None, "run": None,
                "intent": {"decision": "ask", "candidates": [], "questions": list(questions)}})
        questions = [{"kind": "candidate", "text": "Which one?", "choices": [
            {"value": "sales/run", "title": "Sales"}, {"value": "stock/run", "title": "Stock"}]},
            {"kind": "input", "name": "top", "text": "How many?", "choices": [], "schema": {"type": "integer"}}]
        with scripted(request("needs_answer", questions), request("queued"), request("succeeded")) as server:
            shown, code = self.on_terminal(server, "ask", "report", typed=[("Which one?", "2"), ("How many?", "7")],
                                           EXECGOV_TOKEN="a-token")
            self.assertEqual(code, 0, shown)
            answers = [json.loads(call[3]) for call in server.calls if call[1].endswith("/answer")]
        self.assertEqual(answers, [{"candidate": "stock/run", "inputs": {"top": 7}}])

    def test_only_what_was_agreed_to_is_confirmed(self):
        plan = {"digest": "d" * 64, "risk": "high", "steps": [], "checks": [], "confirmation": {"rule": "four eyes"}}
        request = (200, "application/json", json.dumps({"id": ID, "state": "awaiting_confirmation", "plan": plan,
                                                        "run": None, "intent": None, "text": None}))
        for typed, code, confirmed in (("n", 4, []), ("y", 0, [{"digest": "d" * 64}])):
            with scripted(request) as server:
                shown, ended = self.on_terminal(server, "confirmations", "confirm", ID, typed=[("[y/N]", typed)],
                                                EXECGOV_TOKEN="a-token")
                self.assertEqual(ended, code, shown)
                self.assertIn("four eyes", shown)
                self.assertEqual([json.loads(c[3]) for c in server.calls if c[0] == "POST"], confirmed)

    def test_colours_are_for_terminals_and_no_color_turns_them_off(self):
        listed = (200, "application/json", '{"items": [], "next_cursor": null}')
        with scripted(listed) as server:
            self.assertIn("\x1b[1m", self.on_terminal(server, "runs", "ls", EXECGOV_TOKEN="t")[0])
            self.assertNotIn("\x1b", self.on_terminal(server, "runs", "ls", EXECGOV_TOKEN="t", NO_COLOR="1")[0])
            self.assertNotIn("\x1b", self.execgov(server, "runs", "ls").stdout)

    def test_what_comes_from_outside_cannot_command_the_terminal(self):
        log = (200, "application/json", json.dumps({
            "items": [{"seq": 1, "at": "2026-11-21T03:08:15.000001Z", "stream": "stdout", "text": "a\x1b]0;x\x07b\n"}],
            "next_after": 0, "ended": True, "truncated": False}))
        with scripted(log) as server:
            shown, code = self.on_terminal(server, "runs", "log", ID, EXECGOV_TOKEN="t")
        self.assertEqual((shown, code), ("a\\x1b]0;x\\x07b\r\n", 0))


if __name__ == "__main__":
    unittest.main()
