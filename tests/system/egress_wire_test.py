"""What goes over the wire for one call: how often it is sent, to whom, how much of the answer is taken, and at what rate."""
import gzip
import json
import pathlib
import ssl
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER, action  # noqa: E402
from certificate import self_signed  # noqa: E402
from desk import Desk  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from stack import Stack  # noqa: E402

NAMES = ("plain", "keyed", "twice", "reads", "busy", "tls", "small", "echo", "rated", "free")
OTHER = "Lakeside Books"


def setUpModule():
    stack = Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    unittest.addModuleCleanup(stack.stop)
    desk = Case.desk = Desk(stack)
    unittest.addModuleCleanup(desk.stop)
    Case.certificate, context = self_signed(stack.folder, "desk")
    Case.tls = Desk(stack, context, "127.0.0.1/32")
    unittest.addModuleCleanup(Case.tls.stop)
    none = {"style": "none"}
    idempotent = [{"name": "send", "method": "POST", "path": "/send", "body": True, "allowed": True, "risk": "low", "idempotent": True}]
    for name in ("plain", "reads", "busy"):
        desk.resource(name, none, attempts=3)
    desk.resource("keyed", none, attempts=3, idempotency_header="Idempotency-Key")
    desk.resource("twice", none, attempts=2, operations=idempotent)
    Case.tls.resource("tls", none)
    desk.resource("small", none, answer_bytes_max=4000)
    desk.resource("echo", {"style": "bearer"}, "echoed-token-2219")
    desk.resource("rated", none, grant={"rate_per_minute": 1})
    desk.resource("free", none)
    package = CALLER | {"skill.json": json.dumps({"name": "caller", "actions": [action(n, n, f"{n}.send") for n in NAMES]})}
    skills.publish(stack, [(TENANT, "caller", package), (OTHER, "caller", package)])


class Calls(Case):
    def setUp(self):
        self.desk.answer = lambda seen: (200, {"path": seen.path}, {})
        del self.desk.seen[:], self.tls.seen[:]

    def call(self, name, operation="send", token="oscar"):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": name, "input": {
            "what": "http", "base": "", "operation": f"{name}.{operation}",
            **({"json": {"n": 1}} if operation == "send" else {})}}, token, 60))

    def good(self, run):
        self.assertEqual(run["state"], "succeeded", run["error"])
        return run["result"]

    def failed(self, run, code):
        self.assertEqual((run["state"], (run["error"] or {}).get("code")), ("failed", code), run)
        return run["error"]["message"]

    def methods(self):
        return [seen.method for seen in self.desk.seen]

    def effect(self, run):
        [[state]] = self.stack.sql(f"select state from {self.schema}.effect where job_id = '{run['id']}'")
        return state

    def hang_up(self, times):
        """So many requests are taken and not answered; those after them are."""
        self.desk.answer = lambda seen: None if len(self.desk.seen) <= times else (200, {"sent": len(self.desk.seen)}, {})


class Repeats(Calls):
    """Sent again is only what nobody minds to have had twice."""

    def test_a_write_whose_answer_is_lost_is_sent_once(self):
        self.good(self.call("plain", "read"))  # and not over the connection that is there already: that too sends again
        del self.desk.seen[:]
        self.hang_up(1)
        run = self.call("plain")
        self.failed(run, "outcome_unknown")
        self.assertEqual((self.methods(), self.effect(run)), (["POST"], "unknown"))

    def test_a_write_that_is_answered_unavailable_is_sent_once(self):
        for status in (503, 429):
            with self.subTest(status):
                del self.desk.seen[:]
                self.desk.answer = lambda seen, s=status: (s if len(self.desk.seen) == 1 else 200, {}, {})
                run = self.call("busy")
                self.assertEqual((self.good(run)["status"], self.methods()), (status, ["POST"]))
                self.assertEqual(self.effect(run), "unknown" if status == 503 else "failed")

    def test_a_write_with_a_key_is_sent_again_under_the_same_key(self):
        self.hang_up(1)
        run = self.call("keyed")
        self.assertEqual(self.good(run)["body"], {"sent": 2})
        self.assertEqual((self.methods(), self.effect(run)), (["POST", "POST"], "done"))
        [key] = {seen.headers["idempotency-key"] for seen in self.desk.seen}
        self.assertTrue(key.startswith(run["id"] + ":"), key)

    def test_a_write_that_is_said_to_be_idempotent_is_sent_again(self):
        self.hang_up(1)
        run = self.call("twice")
        self.assertEqual((self.good(run)["body"], self.methods()), ({"sent": 2}, ["POST", "POST"]))

    def test_it_is_sent_no_more_often_than_the_resource_says(self):
        self.hang_up(9)
        run = self.call("twice")
        self.failed(run, "outcome_unknown")
        self.assertEqual((self.methods(), self.effect(run)), (["POST", "POST"], "unknown"))

    def test_a_read_is_sent_again_until_it_is_answered_well(self):
        for first in ((503, {}, {}), (429, {}, {}), None):
            with self.subTest(first):
                del self.desk.seen[:]
                self.desk.answer = lambda seen, f=first: f if len(self.desk.seen) == 1 else (200, {"well": True}, {})
                self.assertEqual(self.good(self.call("reads", "read")), {"status": 200, "body": {"well": True}})
                self.assertEqual(self.methods(), ["GET", "GET"])

    def test_a_read_that_is_answered_otherwise_is_not(self):
        self.desk.answer = lambda seen: (500, {}, {})
        self.assertEqual((self.good(self.call("reads", "read"))["status"], self.methods()), (500, ["GET"]))


class Tls(Calls):
    def test_a_certificate_that_nobody_vouches_for_is_sent_nothing(self):
        for operation in ("read", "send"):
            with self.subTest(operation):
                run = self.call("tls", operation)
                self.assertIn("certificate", self.failed(run, "resource_unavailable"))
                self.assertEqual(self.tls.seen, [])
        self.assertEqual(self.effect(run), "failed", "it never left")
        trusts = ssl.create_default_context(cafile=self.certificate)
        with urllib.request.urlopen(self.tls.base + "/read", context=trusts, timeout=20) as answer:
            self.assertEqual(json.load(answer), {"path": "/read"}, "who trusts it is answered")
        self.assertEqual(len(self.tls.seen), 1)


class Answers(Calls):
    def test_what_unpacks_to_more_than_the_resource_allows_is_a_failure(self):
        packed = gzip.compress(json.dumps({"zeros": "0" * 1_000_000}).encode())
        self.assertLess(len(packed), 4000)
        self.desk.answer = lambda seen: (200, packed, {"Content-Encoding": "gzip"})
        self.assertIn("4000", self.failed(self.call("small", "read"), "resource_failed"))
        self.desk.answer = lambda seen: (200, gzip.compress(b'{"small": true}'), {"Content-Encoding": "gzip"})
        self.assertEqual(self.good(self.call("small", "read"))["body"], {"small": True})

    def test_a_packed_echo_of_the_credential_is_masked(self):
        def echo(seen):
            return 200, gzip.compress(json.dumps({"said": seen.headers["authorization"]}).encode()), {"Content-Encoding": "gzip"}
        self.desk.answer = echo
        for operation in ("read", "send"):
            self.assertEqual(self.good(self.call("echo", operation))["body"], {"said": "Bearer ••••"})
        self.assertEqual({seen.headers["authorization"] for seen in self.desk.seen}, {"Bearer echoed-token-2219"})


class Rates(Calls):
    def test_a_grants_own_rate_is_kept_and_is_each_tenants_own(self):
        """One a minute; the resource itself allows hundreds."""
        self.good(self.call("rated", "read"))
        message = self.failed(self.call("rated", "read"), "rate_limited")
        self.assertIn("more than 1 calls a minute", message)
        self.assertEqual(self.methods(), ["GET"])
        self.good(self.call("rated", "read", "lin"))
        for _ in range(3):
            self.good(self.call("free", "read"))


if __name__ == "__main__":
    unittest.main()
