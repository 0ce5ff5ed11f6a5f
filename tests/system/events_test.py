"""Streams, logs, batches, reruns, explanations and callbacks, over HTTP, against the real programs."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import chatter  # noqa: E402
import stack as stacks  # noqa: E402
from chatter import SECRET, TENANT, Stream, all_of, new_id  # noqa: E402


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = chatter.begin()


def tearDownModule():
    stack.stop()


class Case(unittest.TestCase):
    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body)
        return reply.json

    def run_it(self, wait=True, token="oscar", action="say", callback=None, **values):
        body = {"skill": "chatter", "action": action, "input": values}
        if callback:
            body["callback_url"] = callback
        reply = stack.api("POST", "/v1/runs", body, token, {"Prefer": "wait=60"} if wait else None)
        self.assertEqual(reply.status, 200 if wait else 202, reply.body)
        return reply.json


class Streams(Case):
    def test_a_stream_tells_all_and_ends_and_the_log_is_what_was_printed(self):
        run = self.run_it(lines=4)
        self.assertEqual(run["state"], "succeeded", run)
        events = all_of(f"/v1/runs/{run['id']}/events")
        self.assertEqual(events[-1][1], "end")
        self.assertEqual([e[2]["state"] for e in events if e[1] in ("state", "end")], ["succeeded"] * 2)
        self.assertEqual([e[2]["percent"] for e in events if e[1] == "progress"], [25, 50, 75, 100])
        printed = "".join(e[2]["text"] for e in events if e[1] == "log" and e[2]["stream"] == "stdout")
        self.assertEqual(printed, "".join(f"line {i} \n" for i in range(4)) + '{"said": 4}\n')
        text = stack.api("GET", f"/v1/runs/{run['id']}/log", token="oscar", headers={"Accept": "text/plain"})
        self.assertEqual(text.body.decode(), printed)
        page = self.ok(stack.api("GET", f"/v1/runs/{run['id']}/log?limit=1", token="oscar"))
        self.assertEqual((len(page["items"]), page["ended"]), (1, False))
        rest = self.ok(stack.api("GET", f"/v1/runs/{run['id']}/log?after={page['next_after']}", token="oscar"))
        self.assertTrue(rest["ended"])
        both = "".join(c["text"] for c in page["items"] + rest["items"] if c["stream"] == "stdout")
        self.assertEqual(both, printed)
        follow = all_of(f"/v1/runs/{run['id']}/log")
        self.assertEqual({e[1] for e in follow}, {"log", "end"})

    def test_the_stream_of_a_cancelled_run_says_nothing_else_of_its_end(self):
        run = self.run_it(wait=False, lines=100, pause_ms=300)
        with Stream(f"/v1/runs/{run['id']}/events") as stream:
            events = iter(stream)
            while (event := next(events))[1] != "log":
                pass
            self.ok(stack.api("POST", f"/v1/runs/{run['id']}/cancel", {}, "oscar"))
            rest = list(events)
        self.assertEqual([e[2]["state"] for e in rest if e[1] in ("state", "end")][-2:], ["cancelled"] * 2, rest)
        said = json.dumps([e[2] for e in all_of(f"/v1/requests/{run['request_id']}/events") if e[1] != "log"])
        self.assertIn("cancelled", said)
        for word in ("succeeded", "failed"):
            self.assertNotIn(word, said)

    def test_without_redis_a_stream_goes_on_within_a_second_or_two(self):
        run = self.run_it(wait=False, lines=40, pause_ms=250)
        with Stream(f"/v1/runs/{run['id']}/events") as stream:
            events = iter(stream)
            while (event := next(events))[1] != "log":
                pass
            stack.end("redis", signal.SIGKILL)
            try:
                waits = []
                for _ in range(4):
                    began = time.monotonic()
                    while (event := next(events))[1] != "log":
                        self.assertNotEqual(event[1], "end", "it ended before Redis was away for long enough")
                    waits.append(time.monotonic() - began)
            finally:
                stack.start_redis()
            self.assertLess(max(waits), 5, "somebody who listens is told once a second")
            rest = list(events)
        self.assertEqual(rest[-1][2]["state"], "succeeded")

    def test_a_stream_resumed_anywhere_is_the_rest_of_the_whole(self):
        run = self.run_it(lines=6)
        path = f"/v1/requests/{run['request_id']}/events"
        whole = all_of(path)
        self.assertGreater(len(whole), 4)
        for i, (last, kind, _) in enumerate(whole):
            if kind != "end":
                self.assertEqual(all_of(path, last=last), whole[i + 1:], f"after {last}")
        with Stream(path, last=whole[-1][0]) as ended:
            self.assertEqual(ended.status, 204)

    def test_a_long_log_comes_whole_through_a_stream(self):
        run = self.run_it(lines=600, width=5000)
        printed = "".join(e[2]["text"] for e in all_of(f"/v1/runs/{run['id']}/events")
                          if e[1] == "log" and e[2]["stream"] == "stdout")
        self.assertEqual(printed.count("\n"), 601)
        self.assertIn(f"line 599 {'x' * 5000}\n", printed)

    def test_a_live_stream_survives_the_api_being_killed(self):
        run = self.run_it(wait=False, lines=30, pause_ms=200)
        path, seen = f"/v1/runs/{run['id']}/events", []
        with Stream(path) as stream:
            for event in stream:
                seen.append(event)
                if event[1] == "log":
                    break
        stack.end("api", signal.SIGKILL)
        stack.start("api")
        seen += all_of(path, last=seen[-1][0])
        printed = "".join(e[2]["text"] for e in seen if e[1] == "log" and e[2]["stream"] == "stdout")
        self.assertEqual(printed, "".join(f"line {i} \n" for i in range(30)) + '{"said": 30}\n')
        self.assertEqual([e[2]["state"] for e in seen if e[1] == "state"][-1], "succeeded")
        self.assertEqual([e[1] for e in seen].count("end"), 1)

    def test_what_a_script_prints_does_not_make_its_worker_beat(self):
        start, beats = time.monotonic(), set()
        run = self.run_it(wait=False, lines=30, pause_ms=100)
        while not self.ok(stack.api("GET", f"/v1/runs/{run['id']}", token="oscar"))["timings"]["ended"]:
            beats.add(stack.sql("select max(heartbeat_at) from public.worker")[0][0])
        # One in two seconds, and some around the beginning; its log is stored every 150 ms.
        self.assertLessEqual(len(beats), (time.monotonic() - start) / 2 + 4)

    def test_two_hundred_readers_see_the_same(self):
        run = self.run_it(wait=False, lines=10, pause_ms=200)
        path = f"/v1/runs/{run['id']}/events"
        with contextlib.ExitStack() as opened:
            streams = [opened.enter_context(Stream(path)) for _ in range(200)]
            told = [[e[2]["text"] for e in s if e[1] == "log"] for s in streams]
        self.assertEqual({"".join(t) for t in told}, {"".join(told[0])})
        self.assertIn('{"said": 10}', "".join(told[0]))

    def test_the_tenants_stream_tells_of_every_request_and_of_nobody_elses(self):
        with Stream("/v1/events") as own, Stream("/v1/events", token="lin") as other:
            run = self.run_it(lines=1)
            for last, kind, data in own:
                self.assertEqual(kind, "state")
                if data["request_id"] == run["request_id"] and data["state"] == "succeeded":
                    break
            with Stream("/v1/events", last=f"a{int(last[1:]) - 1}") as again:
                self.assertEqual(next(iter(again))[2]["request_id"], run["request_id"])
            other.connection.sock.settimeout(0.5)
            with self.assertRaises((TimeoutError, socket.timeout)):
                next(iter(other))

    def test_a_stream_ends_when_its_session_is_revoked(self):
        token = self.ok(stack.api("POST", "/v1/login", {
            "email": "oscar@people.example", "password": stack.passwords["oscar"]}))["token"]
        with Stream("/v1/events", token=token) as stream:
            self.run_it(wait=False, lines=0)
            first = next(iter(stream))
            self.assertEqual(stack.api("POST", "/v1/logout", token=token).status, 204)

            def stir():
                while not done.wait(1.2):
                    self.run_it(wait=False, lines=0)
            done = threading.Event()
            stirrer = threading.Thread(target=stir)
            stirrer.start()
            try:
                kinds = [first[1]] + [kind for _, kind, _ in stream]
                self.assertEqual(set(kinds), {"state"})
            finally:
                done.set()
                stirrer.join()

    def test_what_is_not_there_or_not_an_id_is_refused(self):
        run = self.run_it(lines=0)
        for path in ("events", "log", "why"):
            self.refused(stack.api("GET", f"/v1/runs/{run['id']}/{path}", token="lin"), 404, "not_found")
            self.refused(stack.api("GET", f"/v1/runs/{new_id()}/{path}", token="oscar"), 404, "not_found")
            self.refused(stack.api("GET", f"/v1/runs/{run['id']}/{path}"), 401, "unauthenticated")
        for last in ("x", "e1", "e1.l2", "e1.l2.RUNNING", "e1.l2.running.endless", "a1", "e-1.l0."):
            self.refused(stack.api("GET", f"/v1/runs/{run['id']}/events", token="oscar",
                                   headers={"Last-Event-ID": last}), 422, "invalid_input")
        self.refused(stack.api("GET", f"/v1/runs/{run['id']}/log?after=-1", token="oscar"), 422, "invalid_input")


class Batches(Case):
    def test_each_element_is_accepted_or_refused_for_itself_in_order(self):
        runs = [{"skill": "chatter", "action": "say", "input": {"lines": 0}} for _ in range(70)]
        runs[3] = {"skill": "chatter", "action": "say", "input": {"lines": "many"}}
        runs[40] = {"skill": "nothing-like-it"}
        runs[69] = {"skill": "chatter", "surprise": 1}
        key = {"Idempotency-Key": new_id()}
        first = stack.api("POST", "/v1/runs/batch", {"runs": runs}, "oscar", key)
        items = self.ok(first, 202)["items"]
        self.assertEqual(len(items), 70)
        self.assertEqual({i: item["error"]["code"] for i, item in enumerate(items) if "error" in item},
                         {3: "invalid_input", 40: "not_found", 69: "invalid_input"})
        self.assertEqual(items[3]["error"]["errors"][0]["path"], "/input/lines")
        again = stack.api("POST", "/v1/runs/batch", {"runs": runs}, "oscar", key)
        self.assertEqual((again.json, again.headers["Idempotency-Replayed"]), (first.json, "true"))
        last = [item["id"] for item in items if "id" in item][-1]
        self.assertEqual(self.ok(stack.api("GET", f"/v1/runs/{last}", token="oscar", headers={
            "Prefer": "wait=60"}))["state"], "succeeded")

    def test_too_many_or_none_are_refused(self):
        for runs in ([], [{"skill": "chatter"}] * 1001):
            self.refused(stack.api("POST", "/v1/runs/batch", {"runs": runs}, "oscar"), 422, "invalid_input")
        self.refused(stack.api("POST", "/v1/runs/batch", {"runs": [{"skill": "chatter"}]}, "vera"), 403, "forbidden")


class Again(Case):
    def test_a_rerun_is_a_new_request_with_the_same_input(self):
        run = self.run_it(lines=2)
        again = self.ok(stack.api("POST", f"/v1/runs/{run['id']}/rerun", token="oscar",
                                  headers={"Prefer": "wait=60"}))
        self.assertNotEqual(again["id"], run["request_id"])
        self.assertEqual((again["state"], again["source"]), ("succeeded", "rerun"))
        self.assertEqual((again["run"]["input"], again["run"]["result"]), (run["input"], {"said": 2}))
        self.refused(stack.api("POST", f"/v1/runs/{run['id']}/rerun", token="lin"), 404, "not_found")
        self.refused(stack.api("POST", f"/v1/runs/{run['id']}/rerun", token="vera"), 403, "forbidden")


class Waiting(Case):
    def test_what_waits_for_a_person_says_so_and_who_may_decide(self):
        run = self.run_it(action="shout", lines=0)
        self.assertEqual(run["state"], "awaiting_confirmation", run)
        why = self.ok(stack.api("GET", f"/v1/runs/{run['id']}/why", token="oscar"))
        self.assertEqual([b["code"] for b in why["blockers"]], ["confirmation_required"])
        self.assertIn("Arun", why["blockers"][0]["message"])

        def listed(token):
            page = self.ok(stack.api("GET", "/v1/confirmations?state=waiting", token=token))
            return {c["request_id"]: c for c in page["items"]}.get(run["request_id"])
        self.assertTrue(listed("arun")["may_decide"])
        self.assertEqual(listed("arun")["plan"]["steps"][0]["action"], "shout")
        self.assertFalse(listed("oscar")["may_decide"])
        self.assertIsNone(listed("vera"))
        self.assertIsNone(listed("lea"))
        self.ok(stack.api("POST", f"/v1/requests/{run['request_id']}/confirm",
                          {"digest": listed("arun")["digest"]}, "arun", {"Prefer": "wait=60"}))
        self.assertIsNone(listed("arun"))
        self.assertEqual(self.ok(stack.api("GET", f"/v1/runs/{run['id']}/why", token="oscar"))["blockers"], [])

    def test_a_delayed_run_says_until_when(self):
        run = self.ok(stack.api("POST", "/v1/runs", {"skill": "chatter", "action": "say", "input": {},
                                                     "delay_ms": 3600000}, "oscar"), 202)
        why = self.ok(stack.api("GET", f"/v1/runs/{run['id']}/why", token="oscar"))
        self.assertEqual([b["code"] for b in why["blockers"]], ["delayed"])
        self.assertIsNotNone(why["next_attempt_at"])


class Receiver:
    """A host that is called back."""

    def __init__(self, port=0, status=204):
        self.calls, self.status = [], status
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((self.headers, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def one(self, request, secret=SECRET):
        """The message about a request; its signature is checked."""
        def look():
            return next(((h, b) for h, b in self.calls if json.loads(b)["data"]["request_id"] == request), None)
        headers, body = stacks.until(look, what="a callback")
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}", headers["webhook-signature"]
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        return headers, json.loads(body)


def delivery(request):
    schema = stack.tenants[TENANT]["schema"]
    rows = stack.sql("select state, attempts, last_status, last_error, id "
                     f"from {schema}.delivery where subject = '{request}'")
    return rows[0] if rows else None


def delivery_in(request, state):
    return stacks.until(lambda: (lambda row: row if row and row[0] == state else None)(delivery(request)),
                        what=f"a delivery that is {state}")


class Callbacks(Case):
    def test_the_end_of_a_run_is_told_signed(self):
        with Receiver() as receiver:
            run = self.run_it(lines=1, callback=f"http://127.0.0.1:{receiver.port}/hook?a=b")
            headers, message = receiver.one(run["request_id"])
            self.assertEqual((message["type"], message["data"]["result"]), ("run.succeeded", {"said": 1}))
            self.assertEqual(delivery_in(run["request_id"], "delivered")[1:3] + [headers["webhook-id"]],
                             ["1", "204", delivery(run["request_id"])[4]])
            run = self.run_it(lines=0, fail=True, callback=f"http://127.0.0.1:{receiver.port}/")
            self.assertEqual(receiver.one(run["request_id"])[1]["type"], "run.failed")

    def test_a_sealed_secret_signs_as_one_in_the_clear_did(self):
        schema = stack.tenants[TENANT]["schema"]
        shown = self.ok(stack.api("POST", "/v1/callback-hosts/localhost/rotate", token="adam"))["secret"]
        rows = stack.sql(f"select secret, sealed from {schema}.callback_host where host = 'localhost'")
        self.assertEqual((rows[0][0], shown.removeprefix("whsec_") in rows[0][1]), ("", False))
        with Receiver() as receiver:
            run = self.run_it(lines=1, callback=f"http://localhost:{receiver.port}/")
            receiver.one(run["request_id"], base64.b64decode(shown.removeprefix("whsec_")))
            # Of another host it opens nothing: not sent rather than signed with what it is not.
            stack.sql(f"update {schema}.callback_host set secret = null, sealed = (select sealed from "
                      f"{schema}.callback_host where host = 'localhost') where host = '127.0.0.1'")
            try:
                run = self.run_it(lines=1, callback=f"http://127.0.0.1:{receiver.port}/")
                stacks.until(lambda: (delivery(run["request_id"]) or ["", "0"])[1] != "0", what="a try")
                self.assertEqual(len(receiver.calls), 1)
            finally:
                stack.sql(f"update {schema}.callback_host set sealed = null, secret = decode('{SECRET.hex()}', 'hex') "
                          "where host in ('127.0.0.1', 'localhost')")

    def test_an_end_without_a_run_is_told_too(self):
        with Receiver() as receiver:
            url = f"http://127.0.0.1:{receiver.port}/"
            run = self.run_it(action="shout", lines=0, callback=url)
            self.ok(stack.api("POST", f"/v1/requests/{run['request_id']}/reject", {"comment": "no"}, "arun"))
            self.assertEqual(receiver.one(run["request_id"])[1]["type"], "request.rejected")
            run = self.run_it(action="shout", lines=0, callback=url)
            self.ok(stack.api("POST", f"/v1/requests/{run['request_id']}/cancel", token="oscar"))
            self.assertEqual(receiver.one(run["request_id"])[1]["type"], "request.cancelled")
            asked = stack.api("POST", "/v1/requests", {"text": "bake me a cake with cherries", "callback_url": url},
                              "oscar", {"Prefer": "wait=60"}).json
            self.assertEqual(asked["state"], "abstained", asked)
            self.assertEqual(receiver.one(asked["id"])[1]["type"], "request.abstained")

    def test_a_receiver_that_was_down_is_told_when_it_is_up(self):
        port = stacks.free_port()
        run = self.run_it(lines=0, callback=f"http://127.0.0.1:{port}/")
        stacks.until(lambda: (delivery(run["request_id"]) or ["", "0"])[1] == "1", what="a first attempt")
        self.assertEqual(delivery(run["request_id"])[0], "pending")
        with Receiver(port) as receiver:
            headers, _ = receiver.one(run["request_id"])
            row = delivery_in(run["request_id"], "delivered")
            self.assertEqual((row[1], row[4]), ("2", headers["webhook-id"]))

    def test_a_receiver_that_is_gone_is_told_no_more(self):
        with Receiver(status=410) as receiver:
            run = self.run_it(lines=0, callback=f"http://127.0.0.1:{receiver.port}/")
            self.assertEqual(delivery_in(run["request_id"], "failed")[1:3], ["1", "410"])

    def test_a_private_address_is_not_called_unless_it_was_opened(self):
        allowed = stack.settings["egress"].pop("callback_allow_private")
        stack.end("egress")
        stack.start("egress")
        try:
            with Receiver() as receiver:
                for host in ("127.0.0.1", "localhost"):
                    run = self.run_it(lines=0, callback=f"http://{host}:{receiver.port}/")
                    row = delivery_in(run["request_id"], "failed")
                    self.assertIn("only public ones are called", row[3])
                self.assertEqual(receiver.calls, [])
        finally:
            stack.settings["egress"]["callback_allow_private"] = allowed
            stack.end("egress")
            stack.start("egress")

    def test_a_host_that_nobody_registered_is_refused_at_once(self):
        self.refused(stack.api("POST", "/v1/runs", {"skill": "chatter", "action": "say", "input": {},
                                                    "callback_url": "https://example.com/"}, "oscar"),
                     403, "address_refused")


if __name__ == "__main__":
    unittest.main()
