"""Calls whose worker or egress dies, drains, or has no descriptor left: made once, or known to be unknown."""
import json
import pathlib
import resource
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER, action  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from partner import Partner  # noqa: E402
from partner_calls import Calls  # noqa: E402
from stack import Stack, until  # noqa: E402


def setUpModule():
    Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    Case.partner = Partner(Case.stack)
    repeats = CALLER | {"skill.json": json.dumps({"name": "caller-repeats", "actions": [
        action("write", "partner", "partner.orders_create", idempotent=True)]})}
    skills.publish(Case.stack, [(TENANT, "caller", CALLER), (TENANT, "caller-repeats", repeats)])


def tearDownModule():
    Case.stack.stop()


class Survival(Calls):
    def begin_slow_order(self, skill="caller"):
        before = len(self.partner.asked())
        body = {"skill": skill, "action": "write", "input": {
            "what": "http", "base": "", "operation": "partner.orders_create", "json": {"sku": "SLOW"}}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=30))
        digest = self.request_of(run["request_id"])["plan"]["digest"]
        self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"))
        until(lambda: self.count("effect", f"job_id = '{run['id']}' and state = 'started'"), what="the effect")
        return run, before

    def test_a_worker_that_dies_under_a_write_does_not_make_it_twice(self):
        """Egress ends the call and keeps the answer: the next attempt is given it."""
        run, before = self.begin_slow_order()
        self.stack.end("worker", signal.SIGKILL)
        self.stack.start("worker")
        ended = self.until_state(run["id"], "succeeded", "failed", seconds=90)
        self.assertEqual((ended["state"], ended["result"]["status"]), ("succeeded", 201), ended)
        self.assertEqual(len([a for a in self.partner.asked()[before:] if a["method"] == "POST"]), 1)

    def test_a_drain_lets_a_call_under_way_end(self):
        run, before = self.begin_slow_order()
        self.assertEqual(self.stack.end("egress"), 0)
        self.stack.start("egress")
        ended = self.until_state(run["id"], "succeeded", "failed")
        self.assertEqual(self.count("effect", f"job_id = '{run['id']}' and state = 'done'"), 1)
        self.assertEqual(ended["state"], "succeeded", ended)
        self.assertEqual(len([a for a in self.partner.asked()[before:] if a["method"] == "POST"]), 1)

    def test_what_a_drain_cannot_wait_for_is_unknown_and_not_repeated(self):
        """It left, and after its grace egress does not know more: it says so, and ends in good order."""
        self.partner.change(timeout_ms=60000)
        run, before = self.begin_slow_order()
        partner = self.stack.running["partner"]
        partner.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual(self.stack.end("egress"), 0)
        finally:
            partner.send_signal(signal.SIGCONT)
        self.assertIn("drain.grace_over", self.stack.log("egress"))
        self.stack.start("egress")
        ended = self.until_state(run["id"], "succeeded", "failed", seconds=90)
        self.assertEqual(ended["state"], "failed", ended)
        self.assertIn("ExecGovOutcomeUnknown", self.log_of(run["id"]))
        self.assertEqual(self.count("effect", f"job_id = '{run['id']}' and state = 'unknown'"), 1)
        orders = until(lambda: [a for a in self.partner.asked()[before:] if a["method"] == "POST"], what="the order")
        self.assertEqual(len(orders), 1)

    def test_when_egress_dies_too_the_outcome_is_unknown_and_nothing_is_repeated(self):
        run, before = self.begin_slow_order()
        self.stack.end("egress", signal.SIGKILL)
        self.stack.end("worker", signal.SIGKILL)
        self.stack.start("egress")
        self.stack.start("worker")
        ended = self.until_state(run["id"], "succeeded", "failed", seconds=90)
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "outcome_unknown"), ended)
        self.assertLessEqual(len([a for a in self.partner.asked()[before:] if a["method"] == "POST"]), 1)

    def test_when_egress_dies_too_a_write_whose_key_the_partner_keeps_is_sent_again_under_it(self):
        """`unknown: same_key`, by an action that may be repeated: the partner, who knows the key, makes nothing twice."""
        self.partner.change(unknown="same_key")
        self.addCleanup(self.partner.change, unknown="person")
        run, before = self.begin_slow_order("caller-repeats")
        self.stack.end("egress", signal.SIGKILL)
        self.stack.end("worker", signal.SIGKILL)
        self.stack.start("egress")
        self.stack.start("worker")
        ended = self.until_state(run["id"], "succeeded", "failed", seconds=90)
        self.assertEqual((ended["state"], ended["error"]), ("succeeded", None), ended)
        [[step, state]] = self.stack.sql(f"select step, state from {self.schema}.effect where job_id = '{run['id']}'")
        key = f"{run['id']}:{step}"
        self.assertEqual(state, "done")
        self.assertEqual({a["key"] for a in self.partner.asked()[before:] if a["method"] == "POST"}, {key})
        orders = self.good(self.call("http", operation="partner.orders_list", parameters={"key": key}))["body"]
        self.assertEqual(orders, [ended["result"]["body"]])

    def test_without_a_free_descriptor_egress_waits_and_goes_on_later(self):
        egress = self.stack.running["egress"].pid
        usual = resource.prlimit(egress, resource.RLIMIT_NOFILE)

        def failures():
            return self.stack.log("egress").count("accept.failed")

        def ticks():
            return sum(map(int, pathlib.Path(f"/proc/{egress}/stat").read_text("ascii").rsplit(")", 1)[1].split()[11:13]))
        # Whatever number is free below the limit is taken by a connection first.
        resource.prlimit(egress, resource.RLIMIT_NOFILE, (64, usual[1]))
        held = [socket.socket(socket.AF_UNIX) for _ in range(70)]
        try:
            for each in held:
                each.connect(str(self.stack.folder / "egress.sock"))
            until(failures, what="a connection that cannot be accepted")
            before = failures(), ticks()
            until(lambda: failures() >= before[0] + 5, what="five more attempts")
            self.assertLess(ticks() - before[1], 50)  # a second of trying every 200 ms, not of nothing else
        finally:
            for each in held:
                each.close()
            resource.prlimit(egress, resource.RLIMIT_NOFILE, usual)
        self.good(self.call("urllib", path="/orders"))


if __name__ == "__main__":
    unittest.main()
